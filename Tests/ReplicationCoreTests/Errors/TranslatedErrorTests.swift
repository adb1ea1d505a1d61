import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Servers that report their errors in other languages: what an error means stays the same.
///
/// The texts are those of PostgreSQL's own catalogues.
@Suite struct TranslatedErrorTests {
  /// When a server reports an error.
  enum Moment: Sendable {
    /// Instead of AuthenticationOk.
    case startup
    /// Instead of the first answer to a query.
    case firstQuery
    /// Instead of CopyBothResponse.
    case start
    /// In the middle of the stream.
    case stream
  }

  struct Condition: Sendable, CustomTestStringConvertible {
    let moment: Moment
    let fields: [ServerError.Field: String]
    let category: ErrorCategory
    /// A word of the advice, if there is any.
    var advice: String?
    /// The message in English, German, French and Japanese.
    let messages: [String]
    /// The context in these languages, if there is any.
    var contexts: [String] = []

    var testDescription: String { messages[0] }

    var errors: [ServerError] {
      messages.indices.map { index in
        var fields = fields
        fields[.severity] = moment == .startup ? "FATAL" : "ERROR"
        fields[.message] = messages[index]
        if contexts.indices.contains(index) { fields[.where] = contexts[index] }
        return ServerError(fields)
      }
    }
  }

  private static let pluginContexts = [
    "slot \"s\", output plugin \"pgoutput\", in the change callback, associated LSN 0/10",
    "Slot »s«, Ausgabe-Plugin »pgoutput«, im Callback change, zugehörige LSN 0/10",
    "slot « s », plugin de sortie « pgoutput », dans la fonction d'appel change, "
      + "associé au LSN 0/10",
    "スロット\"s\", 出力プラグイン\"pgoutput\", changeコールバックの処理中, 関連LSN 0/10",
  ]

  static let conditions = [
    Condition(
      moment: .startup, fields: [.sqlState: "53300", .routine: "InitProcess"],
      category: .transient, advice: "pg_stat_replication",
      messages: [
        "number of requested standby connections exceeds max_wal_senders (currently 1)",
        "Anzahl angeforderter Standby-Verbindungen überschreitet max_wal_senders (aktuell 1)",
        "le nombre de connexions demandées par le serveur standby dépasse max_wal_senders",
        "要求されたスタンバイ接続が max_wal_senders を超えています（現在は 1）",
      ]),
    Condition(
      moment: .startup, fields: [.sqlState: "57P03", .routine: "ProcessStartupPacket"],
      category: .transient,
      messages: [
        "the database system is shutting down", "das Datenbanksystem fährt herunter",
        "le système de base de données s'arrête", "データベースシステムはシャットダウンしています",
      ]),
    Condition(
      moment: .startup, fields: [.sqlState: "42501", .routine: "InitPostgres"],
      category: .needsOperator, advice: "ALTER ROLE",
      messages: [
        "must be superuser or replication role to start walsender",
        "nur Superuser und Replikationsrollen können WAL-Sender starten",
        "doit être un superutilisateur ou un rôle ayant l'attribut de réplication",
        "walsenderを起動するにはスーパーユーザーまたはreplicationロールである必要があります",
      ]),
    Condition(
      moment: .firstQuery, fields: [.sqlState: "55000", .routine: "exec_replication_command"],
      category: .transient, messages: stopping),
    Condition(
      moment: .start, fields: [.sqlState: "55000", .routine: "exec_replication_command"],
      category: .transient, messages: stopping),
    Condition(
      moment: .start,
      fields: [.sqlState: "55000", .routine: "CheckLogicalDecodingRequirements"],
      category: .needsOperator,
      messages: [
        "logical decoding requires wal_level >= logical",
        "logische Dekodierung erfordert wal_level >= logical",
        "le décodage logique requiert wal_level >= logical",
        "論理デコードを行うためには wal_level >= logical である必要があります",
      ]),
    Condition(
      moment: .start,
      fields: [.sqlState: "0A000", .routine: "CheckLogicalDecodingRequirements"],
      category: .needsOperator,
      messages: [
        "logical decoding cannot be used while in recovery",
        "logische Dekodierung kann nicht während der Wiederherstellung verwendet werden",
        "le décodage logique ne peut pas être utilisé lors de la restauration",
        "リカバリ中は論理デコードは使用できません",
      ]),
    Condition(
      moment: .start, fields: [.sqlState: "42601", .position: "1", .routine: "scanner_yyerror"],
      category: .fatal, advice: "pooler",
      messages: [
        "syntax error at or near \"START_REPLICATION\"",
        "Syntaxfehler bei »START_REPLICATION«",
        "erreur de syntaxe sur ou près de « START_REPLICATION »",
        "\"START_REPLICATION\"またはその近辺で構文エラー",
      ]),
    Condition(
      moment: .stream, fields: [.sqlState: "42704", .routine: "get_publication_oid"],
      category: .needsOperator, advice: "before the slot",
      messages: [
        "publication \"p\" does not exist", "Publikation »p« existiert nicht",
        "la publication « p » n'existe pas", "パブリケーション\"p\"は存在しません",
      ], contexts: pluginContexts),
    Condition(
      moment: .stream, fields: [.sqlState: "0A000", .routine: "pgoutput_column_list_init"],
      category: .needsOperator,
      messages: [
        "cannot use different column lists for table \"public.t\" in different publications",
        "für Tabelle »public.t« können nicht verschiedene Spaltenlisten für verschiedene "
          + "Publikationen verwendet werden",
        "ne peut pas utiliser différentes listes de colonnes pour la table « public.t »",
        "テーブル\"public.t\"に対して、異なるパブリケーションで異なる列リストを使用することはできません",
      ], contexts: pluginContexts),
  ]

  private static let stopping = [
    "cannot execute new commands while WAL sender is in stopping mode",
    "während der WAL-Sender im Stoppmodus ist können keine neuen Befehle ausgeführt werden",
    "ne peut pas exécuter de nouvelles commandes alors que le walsender est en mode d'arrêt",
    "WAL送信プロセスが停止モードの間は新しいコマンドを実行できません",
  ]

  @Test(arguments: conditions)
  func `mean the same in every language`(condition: Condition) async throws {
    #expect(condition.messages.count == 4)
    for error in condition.errors {
      let found = try #require(try await failure(with: error, at: condition.moment))
      #expect(found.category == condition.category, "\(found)")
      #expect(found.serverError?.message == error.message)
      if let word = condition.advice {
        #expect(found.description.contains(word), "\(found)")
      } else {
        #expect(found.serverError?.advice == nil, "\(found)")
      }
    }
  }

  /// How a stream fails whose server reports this.
  private func failure(
    with error: ServerError, at moment: Moment
  ) async throws -> ReplicationError? {
    let refusal = Backend.errorResponse(error) + Backend.readyForQuery()
    let script: [ScriptStep] =
      switch moment {
      case .startup: [.expectStartup(), .send(Backend.errorResponse(error)), .close()]
      case .firstQuery:
        [.handshake(), .expectQuery(.containing(""), answers: refusal), .awaitEnd()]
      case .start: [.handshake(), .startReplication(answer: refusal), .awaitEnd()]
      case .stream: [.stream(), .send(refusal), .awaitEnd()]
      }
    var params = try ScriptedServer(script).replicationParams()
    params.logger = quietLogger
    do throws(ReplicationError) {
      let duplex = try await Client(params).startReplication()
      while try await duplex.recv() != nil {}
      return nil
    } catch {
      return error
    }
  }
}
