public import CDCTime
internal import PGWire

/// A session of the server, as `pg_stat_activity` and `pg_stat_replication` show it.
///
/// Of another role's session only the process, the role, the database and the application's name
/// are shown, unless one has the rights of `pg_read_all_stats`; the rest is `nil` then.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/monitoring-stats.html>
public struct ServerSession: Hashable, Sendable {
  /// The server's process.
  public let pid: Int32
  /// The name that the client gave itself; empty if none.
  public let applicationName: String
  /// The role.
  public let user: String?
  /// The database.
  public let database: String?
  /// Where the client is; `nil` also for one that came over a Unix socket.
  public let clientAddress: String?
  /// The client's port.
  public let clientPort: Int?
  /// What the session is: `walsender`, `client backend` and so on.
  public let backendType: String?
  /// What it does: `active`, `idle`, `idle in transaction` and so on.
  public let state: String?
  /// Since when it is connected.
  public let connectedSince: PostgresTimestamp?
  /// When its transaction began.
  public let transactionSince: PostgresTimestamp?
  /// What a walsender does: `startup`, `catchup`, `streaming`, `stopping`.
  public let replicationState: String?

  init?(_ text: (String) -> String?) {
    guard let pid = text("pid").flatMap({ Int32($0) }) else { return nil }
    func time(_ column: String) -> PostgresTimestamp? {
      text(column).flatMap { Int64($0) }.map(PostgresTimestamp.init(unixMicroseconds:))
    }
    self.pid = pid
    applicationName = text("application_name") ?? ""
    user = text("usename")
    database = text("datname")
    clientAddress = text("client_addr")
    clientPort = text("client_port").flatMap { Int($0) }
    backendType = text("backend_type")
    state = text("state")
    connectedSince = time("backend_start_us")
    transactionSince = time("xact_start_us")
    replicationState = text("replication_state")
  }

  /// For tests.
  init(
    pid: Int32, applicationName: String = "", user: String? = nil, clientAddress: String? = nil,
    transactionSince: PostgresTimestamp? = nil
  ) {
    self.pid = pid
    self.applicationName = applicationName
    self.user = user
    self.clientAddress = clientAddress
    self.transactionSince = transactionSince
    (database, clientPort, backendType) = (nil, nil, nil)
    (state, connectedSince, replicationState) = (nil, nil, nil)
  }
}

extension ServerSession: CustomStringConvertible {
  /// `process 42 ("my_app", role app, from 10.0.0.7, streaming since 2026-11-22T16:00:00Z)`.
  public var description: String { words.displayed }

  private var words: String {
    var facts: [String] = []
    if !applicationName.isEmpty { facts.append("application_name \"\(applicationName)\"") }
    if let user { facts.append("role \(user)") }
    if let clientAddress { facts.append("from \(clientAddress)") }
    if let state = replicationState ?? state { facts.append(state) }
    if let connectedSince { facts.append("connected since \(connectedSince.iso8601UTC)") }
    return facts.isEmpty ? "process \(pid)" : "process \(pid) (\(facts.joined(separator: ", ")))"
  }
}

extension ServerSession {
  /// Who holds which slot: one row for each slot in use.
  static let holders: ReplicationCommand = """
    SELECT s.slot_name, s.active_pid AS pid, a.application_name, a.usename, a.datname,
      pg_catalog.host(a.client_addr) AS client_addr, a.client_port, a.backend_type, a.state,
      \(microsecondsOf: "a.backend_start") AS backend_start_us,
      \(microsecondsOf: "a.xact_start") AS xact_start_us,
      r.state AS replication_state
    FROM pg_catalog.pg_replication_slots AS s
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) s.active_pid
    LEFT JOIN pg_catalog.pg_stat_replication AS r ON r.pid OPERATOR(pg_catalog.=) s.active_pid
    WHERE s.active_pid IS NOT NULL
    """
}

extension ControlConnection {
  /// Who holds the slots that are in use, by the slots' names.
  func holders() throws(ControlError) -> [String: ServerSession] {
    let result = try query(ServerSession.holders)
    var holders: [String: ServerSession] = [:]
    for row in result.rows.indices {
      guard let name = result.value("slot_name", row: row) else { continue }
      holders[name] = ServerSession { result.value($0, row: row) }
    }
    return holders
  }
}

extension Connection {
  /// Who holds a slot, asked over this connection; `nil` if nobody, or if that can't be told.
  func holder(of slot: SlotName) async -> ServerSession? {
    guard let result = try? await run(ServerSession.holders) else { return nil }
    let names = result.columns.map(\.name)
    guard let name = names.firstIndex(of: "slot_name"),
      let row = result.rows.first(where: { $0.indices.contains(name) && $0[name] == slot.text })
    else { return nil }
    return ServerSession { column in
      names.firstIndex(of: column).flatMap { row.indices.contains($0) ? row[$0] : nil }
    }
  }
}
