public import CDCTime
internal import PGWire

/// A session of the server, as `pg_stat_activity` and `pg_stat_replication` show it.
///
/// For another role's session, only the process, the role, the database and the application's name
/// are shown, unless this role has the rights of `pg_read_all_stats`; the rest is `nil`.
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
  /// The client's address; `nil` also for a Unix socket.
  public let clientAddress: String?
  /// The client's port.
  public let clientPort: Int?
  /// The kind of session: `walsender`, `client backend` and so on.
  public let backendType: String?
  /// The state: `active`, `idle`, `idle in transaction` and so on.
  public let state: String?
  /// The time since which it is connected.
  public let connectedSince: PostgresTimestamp?
  /// When its transaction began.
  public let transactionSince: PostgresTimestamp?
  /// The state of a walsender: `startup`, `catchup`, `streaming`, `stopping`.
  public let replicationState: String?

  /// The session in a row, if it has one.
  init?(_ row: ResultRow) {
    guard let pid = row["pid"].flatMap({ Int32($0) }) else { return nil }
    self.pid = pid
    applicationName = row["application_name"] ?? ""
    user = row["usename"]
    database = row["datname"]
    clientAddress = row["client_addr"]
    clientPort = row["client_port"].flatMap { Int($0) }
    backendType = row["backend_type"]
    state = row["state"]
    connectedSince = row.time("backend_start_us")
    transactionSince = row.time("xact_start_us")
    replicationState = row["replication_state"]
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
