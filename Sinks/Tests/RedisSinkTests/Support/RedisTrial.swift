import ChangeFormats
import ChangeSinks
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import RedisSink

/// A database, a slot and keys of their own for one test.
///
/// Everything but PostgreSQL is as in a program: the connector, the subscription, the format, the
/// engine and its server.
struct RedisTrial: Sendable {
  let database: TestDatabase
  let slot: String
  var options: RedisOptions
  let admin: RedisAdmin

  init(_ tables: [TestTable], hasSlot: Bool) throws {
    let number = UInt64.random(in: 0 ... .max)
    slot = "test_\(number)"
    database = TestDatabase(tables, slot: hasSlot ? slot : nil)
    options = try TestRedis.options(prefix: "test:\(number):")
    admin = RedisAdmin(options)
  }

  /// An engine as a new process has it.
  func engine() -> RedisEngine { RedisEngine(options) }

  /// A connector.
  ///
  /// - Parameters:
  ///   - isEndless: Whether it continues after what is committed by now.
  ///   - bytes: How much is put into one batch.
  func connector<Engine: RecordEngine>(
    into engine: Engine, isEndless: Bool = false, bytes: Int = 1 << 20,
    retry: ReconnectPolicy = .never, snapshot: SubscriptionSnapshot = .none
  ) throws -> Connector<RecordSink<Engine, JSONLineFormat>> {
    var params = try database.parameters(slot: slot)
    if !isEndless { params.stopAt = database.currentLSN }
    var options = ConnectorOptions()
    options.subscription = .impatient
    options.subscription.snapshot = snapshot
    options.limits = SinkLimits(bytes: bytes)
    options.retry = retry
    let sink = RecordSink(engine, describesTables: false, format: JSONLineFormat())
    return Connector(params, into: sink, options: options)
  }

  /// What a process does that runs until everything is written that is committed by now.
  @discardableResult
  func replicate<Engine: RecordEngine>(
    into engine: Engine, bytes: Int = 1 << 20, retry: ReconnectPolicy = .never,
    snapshot: SubscriptionSnapshot = .none
  ) async throws -> ConnectorStatistics {
    let connector = try connector(into: engine, bytes: bytes, retry: retry, snapshot: snapshot)
    try await connector.run()
    return connector.statistics
  }

  /// The same with an engine of its own.
  func replicate() async throws {
    try await replicate(into: engine())
  }

  /// Everything in the streams, in order.
  func entries() async throws -> [RedisEntry] {
    try await RedisReader(options).allEntries()
  }

  func state() async throws -> SinkState {
    try await RedisReader(options).state(of: slot)
  }

  /// The key of the stream for the table of orders.
  var ordersKey: String { options.prefix + "public.orders" }

  /// The key of the state.
  var stateKey: String { "\(options.prefix)pgcdc:\(slot)" }

  /// Commits a transaction that inserts orders.
  func insertOrders(_ ids: some Sequence<Int>, item: String = "apple") throws {
    try database.commit { changes in
      for id in ids {
        try changes.insert(into: "orders", ["id": TestValue(id), "item": TestValue(item)])
      }
    }
  }
}

/// Runs a test with a trial, and deletes its keys.
func withTrial(
  _ tables: [TestTable] = [.orders], hasSlot: Bool = true,
  _ body: (RedisTrial) async throws -> Void
) async throws {
  let trial = try RedisTrial(tables, hasSlot: hasSlot)
  do {
    try await body(trial)
  } catch {
    try? await trial.admin.removeKeys(trial.options.prefix)
    throw error
  }
  try await trial.admin.removeKeys(trial.options.prefix)
}

extension TestTable {
  static var orders: TestTable {
    TestTable("orders", columns: [.key("id", .int8), .column("item", .text)])
  }

  static var customers: TestTable {
    TestTable("customers", columns: [.key("id", .int8), .column("name", .text)])
  }
}

extension ReconnectPolicy {
  /// Tries again at once, for 30 seconds.
  static var atOnce: ReconnectPolicy {
    ReconnectPolicy(
      initialInterval: .milliseconds(1), longestInterval: .milliseconds(20), timeout: .seconds(30))
  }
}

extension RedisEntry {
  /// The topic, the key and whether it is a tombstone: `public.orders {"id":1}`.
  var summary: String {
    let key = key.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""
    return topic + key + (value == nil ? " gone" : "")
  }
}

/// The summaries of inserted orders.
func insertedOrders(_ ids: some Sequence<Int>) -> [String] {
  ids.map { "public.orders {\"id\":\($0)}" }
}

/// Checks that each place is above the one before.
func expectAscending(
  _ entries: [RedisEntry], sourceLocation: SourceLocation = #_sourceLocation
) {
  let isAscending = zip(entries, entries.dropFirst()).allSatisfy { $0.position < $1.position }
  #expect(isAscending, sourceLocation: sourceLocation)
}

/// The error that a sink ends with.
func sinkError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> SinkError {
  do {
    try await body()
  } catch let error as SinkError {
    return error
  }
  Issue.record("it did not fail", sourceLocation: sourceLocation)
  throw CancellationError()
}

/// Waits until a condition holds, half a minute at most.
func eventually(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  for _ in 0..<1500 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  Issue.record(what, sourceLocation: sourceLocation)
}
