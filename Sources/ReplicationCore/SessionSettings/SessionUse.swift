internal import PGWire

/// The use of one of our sessions, which determines the settings that it must have.
///
/// Every connection that this module opens has one of these uses, and none runs SQL before its
/// settings are verified (``SessionSettings``): a role, a database, a server or a pooler may set
/// other values.
enum SessionUse: Sendable {
  /// A walsender: slots, streams, and the queries that run over it.
  case walsender
  /// The control connection.
  case control
  /// A session that reads rows of a snapshot, all of it in one transaction.
  case snapshot

  /// The settings in the startup packet, apart from the encoding.
  var startup: [PinnedSetting] {
    let common = PinnedSetting.forReplication + Self.ours
    switch self {
    case .walsender: return common
    // It is used to ask how many decimals `money` has in the database's own locale.
    case .control: return common.filter { $0.name != "lc_monetary" }
    // A policy would hide rows that the stream delivers.
    case .snapshot: return common + [PinnedSetting("row_security", "off")]
    }
  }

  /// The settings for `WireConnection.connect`, in addition to those that it sends by itself for
  /// replication.
  var startupSettings: [String: String] {
    let settings = self == .walsender ? Self.ours : startup
    return Dictionary(settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// All settings that it must have.
  func required(server: Int) -> [PinnedSetting] {
    [.clientEncoding] + startup + Self.later(server: server)
  }

  /// Sets the settings that must be set, and asks for one row with the value of each setting.
  ///
  /// All names in it have their schema, and there is no operator, so that it means the same with
  /// any `search_path`.
  ///
  /// - Parameters:
  ///   - server: The server's major version.
  ///   - setsAll: Whether the settings of the startup packet are set as well.
  func query(server: Int, setsAll: Bool) -> SQL {
    // A pooler may give the session to another client when the transaction has ended.
    let isLocal: SQL = self == .snapshot ? "true" : "false"
    let shown = setsAll ? [] : [.clientEncoding] + startup
    let set = (setsAll ? [.clientEncoding] + startup : []) + Self.later(server: server)
    var columns = shown.map { setting -> SQL in
      "pg_catalog.current_setting(\(nameOf: setting)) AS \(columnOf: setting)"
    }
    columns += set.map { setting -> SQL in
      """
      pg_catalog.set_config(\(nameOf: setting), \(valueOf: setting), \(isLocal)) \
      AS \(columnOf: setting)
      """
    }
    if self == .walsender {
      columns.append("pg_catalog.current_setting('wal_sender_timeout') AS wal_sender_timeout")
    }
    return "SELECT \(columns)"
  }

  /// Settings that could end or block one of our sessions, or suppress messages of the server.
  ///
  /// All settings of servers 13 to 19 that can be set for a role were checked. Not included are
  /// settings for the network (`tcp_…`, `client_connection_check_interval`), which an administrator
  /// sets on purpose, and settings that only change how fast an answer arrives.
  private static let ours = [
    PinnedSetting("statement_timeout", "0"),
    PinnedSetting("lock_timeout", "0"),
    PinnedSetting("idle_in_transaction_session_timeout", "0"),
    // Serializable is an error on a standby, and waits if it is also deferrable.
    PinnedSetting("default_transaction_isolation", "read committed"),
    // A walsender warns of changes that it leaves out.
    PinnedSetting("client_min_messages", "notice"),
    PinnedSetting("exit_on_error", "off"),
  ]

  /// The same, for settings that server 13 does not have.
  ///
  /// In a startup packet an unknown name is an error, so they are set by SQL.
  private static func later(server: Int) -> [PinnedSetting] {
    var settings: [PinnedSetting] = []
    if server >= 14 { settings.append(PinnedSetting("idle_session_timeout", "0")) }
    // It also ends a walsender's transaction, which lasts as long as the consumer takes to process
    // it.
    if server >= 17 { settings.append(PinnedSetting("transaction_timeout", "0")) }
    return settings
  }
}
