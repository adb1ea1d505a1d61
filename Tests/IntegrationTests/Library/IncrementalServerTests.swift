import Logging
import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// Tables are read while their server ends, is replaced, or has been running for very long.
@Suite struct IncrementalServerTests {
  /// Something that has happened.
  private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
  }

  private static let keys = ["t": ["id"]]
  private static let columns = ["t": "id, v, big"]

  private static func fill(_ sql: WireConnection) async throws {
    try await sql.run(
      """
      DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v int, big text);
      INSERT INTO t SELECT i, 0, repeat('x', 100) FROM generate_series(1, 3000) i; ANALYZE t
      """)
  }

  private static func options() -> SubscriptionOptions {
    var options = IncrementalSnapshotTests.options(chunkBytes: 10_000)
    options.reconnect = ReconnectPolicy(
      initial: .milliseconds(20), longest: .milliseconds(200), giveUpAfter: .seconds(60))
    return options
  }

  /// Writes while `body` runs, through every end of the server.
  private static func whileWriting<R: Sendable>(
    _ connect: @escaping @Sendable () async throws -> WireConnection,
    _ body: () async throws -> R
  ) async throws -> R {
    let isOver = Flag()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in 0..<2 as Range<UInt64> {
        group.addTask {
          var random = RepeatableGenerator(seed: seed)
          while !isOver.isSet {
            guard let sql = try? await connect() else {
              try await Task.sleep(for: .milliseconds(20))
              continue
            }
            defer { sql.close() }
            while !isOver.isSet {
              do {
                try await sql.run(statement(&random))
                try await Task.sleep(for: .milliseconds(2))
              } catch let error as PGWireError where error.serverError?.sqlState.rawValue == "40P01"
              {
                continue
              } catch {
                break
              }
            }
          }
        }
      }
      defer { isOver.set() }
      let result = try await body()
      isOver.set()
      try await group.waitForAll()
      return result
    }
  }

  private static func statement(_ random: inout RepeatableGenerator) -> String {
    let id = Int.random(in: 1...4000, using: &random)
    return switch Int.random(in: 0..<6, using: &random) {
    case 0: "DELETE FROM t WHERE id = \(id)"
    case 1: "UPDATE t SET v = v + 1 WHERE id BETWEEN \(id) AND \(id + 50)"
    case 2:
      """
      UPDATE t SET id = id + 4000 WHERE id = \(id)
        AND NOT EXISTS (SELECT FROM t o WHERE o.id = \(id) + 4000)
      """
    default:
      "INSERT INTO t VALUES (\(id), 1, 'new') ON CONFLICT (id) DO UPDATE SET v = t.v + 1"
    }
  }

  /// Takes items until the table is whole, and then all that is left.
  private static func mirror(
    _ params: ReplicationParams, _ sql: WireConnection,
    onItem: (inout IncrementalMirror) async throws -> Void
  ) async throws -> IncrementalMirror {
    var mirror = IncrementalMirror(keys: keys, comparedBy: sql)
    _ = try await IncrementalSnapshotTests.run(&mirror, params, options()) { mirror in
      try await onItem(&mirror)
      return !mirror.whole.isEmpty
    }
    return mirror
  }

  /// Takes what is left, and compares.
  private static func finish(
    _ mirror: inout IncrementalMirror, _ params: ReplicationParams, _ sql: WireConnection
  ) async throws {
    try await sql.run("INSERT INTO t VALUES (-1, 0, 'last')")
    _ = try await IncrementalSnapshotTests.run(&mirror, params, options()) { mirror in
      mirror.tables["t"]?.rows[["-1"]] != nil
    }
    #expect(mirror.faults == [])
    let differences = try await mirror.differences(from: sql, columns)
    #expect(differences == [], "\(differences)")
  }

  private static func params(_ server: OwnServer) throws -> ReplicationParams {
    var params = ReplicationParams(
      connection: try server.localOptions(), slot: "s", publications: ["p"])
    params.createsSlot = true
    params.logger = Logger(label: "own") { _ in SwiftLogNoOpLogHandler() }
    return params
  }

  /// Commits that were visible and not on disk are gone, and others get their ids.
  @Test(arguments: TestServer.startable)
  func `a server that crashes again and again`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.localOptions())
      try await Self.fill(sql)
      for statement in [
        "CREATE PUBLICATION p FOR TABLE t", "ALTER SYSTEM SET synchronous_commit = off",
        "SELECT pg_reload_conf()",
      ] { try await sql.run(statement) }
      sql.close()
      let params = try Self.params(own)
      var crashes = 0
      let after = try await WireConnection.connect(own.localOptions())
      defer { after.close() }
      var mirror = try await Self.whileWriting(
        { try await WireConnection.connect(own.localOptions()) },
        {
          try await Self.mirror(params, after) { mirror in
            guard crashes < 3, mirror.chunks > 4 * (crashes + 1) else { return }
            crashes += 1
            try await own.restart(mode: "immediate")
          }
        })
      #expect(crashes == 3)
      let last = try await WireConnection.connect(own.localOptions())
      defer { last.close() }
      try await Self.finish(&mirror, params, last)
    }
  }

  @Test(arguments: TestServer.withFailoverSlots)
  func `a standby that is promoted`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Self.fill(pair.onPrimary)
      try await pair.onPrimary.run("ALTER PUBLICATION p SET TABLE t")
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      let physical = try await pair.onPrimary.value(
        "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'")
      try await pair.onPrimary.run("ALTER SYSTEM SET synchronized_standby_slots = '\(physical)'")
      try await pair.onPrimary.run("SELECT pg_reload_conf()")
      // A slot has a copy once it has been used.
      let first = RowConsumer(try pair.subscription(pair.params()))
      try await first.during {
        try await pair.insert(10_000..<10_010, on: pair.onPrimary)
        try await pair.waitForCopy()
      }
      let hasFailedOver = Flag()
      var mirror = try await Self.whileWriting(
        {
          let isOver = hasFailedOver.isSet
          return try await WireConnection.connect(
            (isOver ? pair.standby : pair.primary).localOptions())
        },
        {
          try await Self.mirror(pair.params(), pair.onStandby) { mirror in
            guard !hasFailedOver.isSet, mirror.chunks > 6 else { return }
            try await pair.failOver()
            hasFailedOver.set()
          }
        })
      let isOver = hasFailedOver.isSet
      #expect(isOver)
      try await Self.finish(&mirror, pair.params(), pair.onStandby)
    }
  }

  /// The stream has 32 bits of each id, and snapshots all of them.
  @Test(arguments: TestServer.startable)
  func `a server that has used its ids up many times`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version, options: ["--epoch", "77"]) { own in
      let sql = try await WireConnection.connect(own.localOptions())
      defer { sql.close() }
      try await Self.fill(sql)
      try await sql.run("CREATE PUBLICATION p FOR TABLE t")
      let id = try await sql.value("SELECT pg_current_xact_id()::text")
      #expect((UInt64(id) ?? 0) >> 32 == 77)
      let params = try Self.params(own)
      var mirror = try await Self.whileWriting(
        { try await WireConnection.connect(own.localOptions()) },
        { try await Self.mirror(params, sql) { _ in } })
      #expect(mirror.chunks > 10)
      try await Self.finish(&mirror, params, sql)
    }
  }
}
