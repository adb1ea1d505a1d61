import Foundation
import Logging
import PGWire
import ReplicationCore
import Testing

/// A primary and its hot standby, with a table, a publication and a consumer's place to be.
struct PrimaryAndStandby: Sendable {
  let primary: OwnServer
  let standby: OwnServer
  /// A connection to each.
  let onPrimary: WireConnection
  let onStandby: WireConnection
  /// Where the consumer keeps its checkpoint.
  let store: FileCheckpointStore
  private let folder: URL

  /// Runs a test with two servers of that version, which are stopped and deleted afterwards.
  static func with(
    _ server: TestServer, _ body: @escaping @Sendable (PrimaryAndStandby) async throws -> Void
  ) async throws {
    try await OwnServer.with(version: server.version) { primary in
      let sql = try await WireConnection.connect(primary.localOptions())
      defer { sql.close() }
      try await sql.run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t")
      try await primary.withStandby { standby in
        let onStandby = try await WireConnection.connect(standby.localOptions())
        defer { onStandby.close() }
        let folder = FileManager.default.temporaryDirectory
          .appending(path: "it-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(
          PrimaryAndStandby(
            primary: primary, standby: standby, onPrimary: sql, onStandby: onStandby,
            store: FileCheckpointStore(path: folder.appending(path: "checkpoint").path),
            folder: folder))
      }
    }
  }

  /// Both servers in a connection string, as a user would write it.
  func params(
    standbyFirst: Bool = false, target: String = "read-write"
  ) throws -> ReplicationParams {
    var ports = [primary.port, standby.port]
    if standbyFirst { ports.reverse() }
    let hosts = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
    var params = try ReplicationParams(
      url: "postgresql://postgres:\(primary.password)@\(hosts)/postgres"
        + "?target_session_attrs=\(target)",
      slot: "s", publications: ["p"])
    params.createsSlot = true
    params.logger = Logger(label: "failover") { _ in SwiftLogNoOpLogHandler() }
    return params
  }

  /// A subscription that looks again soon.
  func subscription(
    _ params: ReplicationParams, _ adjust: (inout SubscriptionOptions) -> Void = { _ in }
  ) throws -> Subscription {
    var options = SubscriptionOptions()
    options.reconnect = ReconnectPolicy(
      initial: .milliseconds(50), longest: .milliseconds(200), giveUpAfter: .seconds(60))
    adjust(&options)
    return try Subscription(params, checkpoints: store, options: options)
  }

  /// Commits each row in a transaction of its own.
  func insert(_ rows: Range<Int>, on sql: WireConnection) async throws {
    let inserts = rows.map { "INSERT INTO t VALUES (\($0));" }
    // One message would be one transaction.
    for insert in inserts { try await sql.run(insert) }
  }

  /// The table's rows as the server has them.
  func rows(on sql: WireConnection) async throws -> Set<Int> {
    Set(try await sql.rows("SELECT id FROM t").compactMap { $0[0].flatMap { Int($0) } })
  }

  /// Waits until the standby's copy of the slot can be used, and is as far as the slot itself.
  func waitForCopy() async throws {
    try await eventually("the standby's slot is a copy") {
      // A running-transactions record lets the slot's restart_lsn move, and the copy be made.
      try await onPrimary.run("SELECT pg_log_standby_snapshot()")
      let confirmed = try await onPrimary.lsn(
        "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 's'")
      let copy = try await onStandby.rows(
        """
        SELECT confirmed_flush_lsn FROM pg_replication_slots
        WHERE slot_name = 's' AND synced AND NOT temporary AND invalidation_reason IS NULL
        """)
      guard let copied = copy.first?.first.flatMap({ $0 }).flatMap({ LSN($0) }) else {
        return false
      }
      return copied >= confirmed
    }
  }

  /// Waits until the standby has replayed what the primary has written so far.
  func waitForReplay() async throws {
    let end = try await onPrimary.lsn("SELECT pg_current_wal_flush_lsn()")
    try await eventually("the standby has replayed it") {
      try await onStandby.lsn("SELECT pg_last_wal_replay_lsn()") >= end
    }
  }

  /// Lets nothing more of the primary's log get to the standby.
  func cutStandbyOff() async throws {
    try await onStandby.run("ALTER SYSTEM SET primary_conninfo = ''")
    try await onStandby.run("SELECT pg_reload_conf()")
    try await eventually("the standby is cut off") {
      try await onStandby.rows("SELECT 1 FROM pg_stat_wal_receiver").isEmpty
    }
  }

  /// The primary's end, and the standby's beginning as one.
  func failOver() async throws {
    try await primary.kill()
    try await standby.promote()
  }
}
