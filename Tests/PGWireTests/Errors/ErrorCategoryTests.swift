import Testing

@testable import PGWire

/// What can be done about the errors that a replication client meets.
@Suite struct ErrorCategoryTests {
  /// An error with these fields, its texts in no language at all.
  private func made(_ words: String, during command: CommandInFlight?) -> ServerError {
    let words = words.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    var fields: [ServerError.Field: String] = [
      .sqlState: String(words[0]), .message: "⁂", .detail: "⁂", .hint: "⁂",
    ]
    if words.count > 1, words[1] == "context" {
      fields[.where] = "⁂"
    } else if words.count > 1 {
      fields[.routine] = String(words[1])
    }
    return ServerError(fields, during: command)
  }

  /// Each with its SQLSTATE, and the routine or that it has a context.
  @Test(
    arguments: [
      ("55006 ReplicationSlotAcquire", nil, .transient),
      ("53300 InitProcess", .walsenderStartup, .transient),
      ("57P01 ProcessInterrupts", .startReplication, .transient),
      ("57P03 BackendInitialize", .walsenderStartup, .transient),
      ("08006", nil, .transient),
      ("55000 exec_replication_command", nil, .transient),
      ("55000 exec_replication_command", .startReplication, .transient),
      ("40001 ProcessRecoveryConflictInterrupt", .startReplication, .transient),
      ("28P01 auth_failed", .walsenderStartup, .needsOperator),
      ("3D000 InitPostgres", .walsenderStartup, .needsOperator),
      ("53400 ReplicationSlotCreate", .createReplicationSlot, .needsOperator),
      ("55000 CheckLogicalDecodingRequirements", .createReplicationSlot, .needsOperator),
      ("55000 CheckLogicalDecodingRequirements", nil, .needsOperator),
      ("55000 CheckSlotRequirements", nil, .needsOperator),
      ("0A000 CheckLogicalDecodingRequirements", .startReplication, .needsOperator),
      ("42704 context", .startReplication, .needsOperator),
      ("0A000 context", .startReplication, .needsOperator),
      ("58P01 internal_load_library", nil, .needsOperator),
      // The same code, and another condition.
      ("42704 context", nil, .fatal),
      ("0A000 context", nil, .fatal),
      ("58P01 XLogFileRead", .startReplication, .fatal),
      ("42704 ReplicationSlotAcquire", .startReplication, .fatal),
      ("55000 CreateDecodingContext", .startReplication, .fatal),
      ("0A000 pgoutput_startup", .startReplication, .fatal),
      ("57P04 ProcessInterrupts", .startReplication, .fatal),
      ("08P01 ProcessStartupPacket", .walsenderStartup, .fatal),
      ("XX000", .startReplication, .fatal),
      ("", nil, .fatal),
    ] as [(String, CommandInFlight?, ErrorCategory)])
  func `by code, routine and command, in any language`(
    words: String, command: CommandInFlight?, category: ErrorCategory
  ) {
    #expect(made(words, during: command).category == category)
    #expect(PGWireError.server(made(words, during: command)).category == category)
  }

  @Test(
    arguments: [
      (.transport(.closedByServer), .transient), (.transport(.cancelled), .fatal),
      (.transport(.unknownHost("h", reason: "r")), .transient),
      (.wrongSession(wanted: .primary), .transient),
      (.authentication(.passwordRequired), .needsOperator),
      (.settingIgnored("TimeZone", expected: "UTC", found: "x"), .needsOperator),
      (.options(.missingHost), .fatal), (.wire(.invalidUTF8), .fatal),
      (
        .noHost([
          HostFailure(host: "a", error: .authentication(.passwordRequired)),
          HostFailure(host: "b", error: .transport(.closedByServer)),
        ]), .transient
      ),
    ] as [(PGWireError, ErrorCategory)])
  func `of a connection`(error: PGWireError, category: ErrorCategory) {
    #expect(error.category == category)
  }

  @Test(
    arguments: [
      ("42501 InitPostgres", .walsenderStartup, "REPLICATION"),
      ("42501 CheckSlotPermissions", nil, "REPLICATION"),
      ("42501 aclcheck_error", nil, nil),
      ("28000 InitializeSessionUserId", .walsenderStartup, nil),
      ("53300 InitProcess", .walsenderStartup, "pg_stat_replication"),
      ("53300 InitWalSenderSlot", .walsenderStartup, "pg_stat_replication"),
      ("53300 InitProcess", nil, nil),
      ("53300 BackendInitialize", .walsenderStartup, nil),
      ("42704 context", .startReplication, "before"),
      ("42704 context", nil, nil),
      ("42704 ReplicationSlotAcquire", .startReplication, nil),
    ] as [(String, CommandInFlight?, String?)])
  func `with advice where the server's words give none`(
    words: String, command: CommandInFlight?, word: String?
  ) throws {
    try expect(made(words, during: command), word)
  }

  private func expect(_ error: ServerError, _ word: String?) throws {
    guard let word else {
      #expect(error.advice == nil)
      return
    }
    #expect(error.advice?.contains(word) == true)
    #expect("\(PGWireError.server(error))".contains(word))
  }

  @Test(arguments: [CommandInFlight.startReplication, .createReplicationSlot, nil])
  func `a replication command that is no SQL points to a pooler`(
    command: CommandInFlight?
  ) throws {
    let error = ServerError(
      [.sqlState: "42601", .message: "⁂", .position: "1", .routine: "scanner_yyerror"],
      during: command)
    try expect(error, command == nil ? nil : "pooler")
    let inside = ServerError([.sqlState: "42601", .message: "⁂", .position: "9"], during: command)
    #expect(inside.advice == nil)
  }

  /// Two conditions of one function, of which one names a file, and no language translates that.
  @Test(
    arguments: [
      ("no pg_hba.conf entry for host \"h\"", "name of its database"),
      ("kein pg_hba.conf-Eintrag für Host »h«", "name of its database"),
      ("aucune entrée dans pg_hba.conf pour l'hôte « h »", "name of its database"),
      ("pg_hba.conf にホスト\"h\"用のエントリがありません", "name of its database"),
      ("connection requires a valid client certificate", "sslcert"),
      ("Verbindung erfordert ein gültiges Client-Zertifikat", "sslcert"),
      ("la connexion requiert un certificat client valide", "sslcert"),
      ("この接続には有効なクライアント証明が必要です", "sslcert"),
    ])
  func `an access rule is distinguished from a certificate`(
    message: String, word: String
  ) throws {
    let error = ServerError([
      .sqlState: "28000", .message: message, .routine: "ClientAuthentication",
    ])
    try expect(error, word)
  }

  @Test func `PgBouncer's refusal has one language`() throws {
    try expect(
      ServerError([.sqlState: "08P01", .message: "unsupported startup parameter: replication"]),
      "PgBouncer")
    try expect(ServerError([.sqlState: "08P01", .message: "invalid startup packet"]), nil)
  }

  @Test(
    arguments: [
      ("START_REPLICATION SLOT \"s\" LOGICAL 0/0", .startReplication),
      ("CREATE_REPLICATION_SLOT s LOGICAL p", .createReplicationSlot),
      ("  START_REPLICATION\t", .startReplication),
      ("SELECT 'START_REPLICATION'", nil), ("START_REPLICATIONS", nil), ("", nil),
    ] as [(String, CommandInFlight?)])
  func `a command is known by its first word`(sql: String, command: CommandInFlight?) {
    #expect(CommandInFlight(of: sql) == command)
  }
}
