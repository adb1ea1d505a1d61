import ChangeFormats
import ChangeSinks
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// The connector as it is, and the subscription as it is; the server and the engine are in memory.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ConnectorTests {
  private static func database(slot: String? = "test_slot") throws -> TestDatabase {
    let table = TestTable(
      "notes", columns: [.key("id", .int8), .column("words", .text), .large("body", .text)])
    let database = TestDatabase([table], slot: slot)
    try database.commit { changes in
      for id in 1...6 { try changes.insert(into: "notes", ["id": .init(id), "words": "old"]) }
    }
    return database
  }

  /// Several transactions, one of which is larger than a batch.
  private static func change(_ database: TestDatabase) throws {
    try database.commit { changes in
      try changes.update("notes", where: ["id": 3], set: ["words": "new"])
      try changes.update("notes", where: ["id": 4], set: ["id": 400])
    }
    try database.commit { changes in
      for id in 100..<106 {
        try changes.insert(into: "notes", ["id": .init(id), "words": "many", "body": "text"])
      }
    }
    database.emitMessage("test", Array("hello".utf8))
    try database.commit { changes in
      try changes.delete(from: "notes", where: ["id": 100])
      try changes.delete(from: "notes", where: ["id": 5])
    }
  }

  /// Runs a connector up to what is committed by now.
  private static func run(
    _ database: TestDatabase, into engine: MemoryEngine,
    snapshot: SubscriptionSnapshot = .none, bytes: Int = 300
  ) async throws {
    var params = try database.parameters()
    params.stopAt = database.currentLSN
    params.deliversMessages = true
    var options = ConnectorOptions()
    options.subscription = .impatient
    options.subscription.snapshot = snapshot
    options.limits.bytes = bytes
    options.retry = ReconnectPolicy(
      initialInterval: .milliseconds(1), longestInterval: .milliseconds(2))
    let sink = RecordSink(engine, format: JSONLineFormat())
    try await Connector(params, into: sink, options: options).run()
  }

  /// What a run without any fault brings.
  private static func expected() async throws -> [MemoryEngine.Record] {
    let (database, engine) = (try database(), MemoryEngine())
    try await run(database, into: engine)
    try change(database)
    try await run(database, into: engine)
    return engine.records
  }

  @Test func `records come in order, each with a place of its own`() async throws {
    let records = try await Self.expected()
    #expect(records.count > 15)
    for (record, next) in zip(records, records.dropFirst()) {
      #expect(record.position < next.position)
    }
    #expect(records.contains { $0.topic == "public.notes" && $0.value == nil })
  }

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func `each record is in the engine once, whatever fails`(
    isTorn: Bool, isTransient: Bool
  ) async throws {
    let expected = try await Self.expected()
    let count = try await forEachFault { faults in
      let (database, engine) = (
        try Self.database(), MemoryEngine(isTorn: isTorn, isTransient: isTransient, faults)
      )
      database.faults = faults
      try await faults.restarting { try await Self.run(database, into: engine) }
      try Self.change(database)
      try await faults.restarting { try await Self.run(database, into: engine) }
      #expect(
        engine.records.map(\.position) == expected.map(\.position),
        "\(faults.injected.debugDescription)")
      #expect(engine.records.map(\.key) == expected.map(\.key))
    }
    #expect(count > 30)
  }

  @Test(arguments: [false, true])
  func `an initial snapshot ends equal, whatever fails`(isTorn: Bool) async throws {
    _ = try await forEachFault { faults in
      let (database, engine) = (try Self.database(slot: nil), MemoryEngine(isTorn: isTorn, faults))
      database.faults = faults
      try await faults.restarting {
        try await Self.run(database, into: engine, snapshot: .initial())
      }
      try Self.change(database)
      try await faults.restarting {
        try await Self.run(database, into: engine, snapshot: .initial())
      }
      for (record, next) in zip(engine.records, engine.records.dropFirst()) {
        #expect(record.position < next.position)
      }
      let rows = try database.rows(of: "notes").map { row in
        [row["id"]?.text, row["words"]?.text]
      }
      #expect(try ReplayedTable(engine.records).rows == Set(rows))
    }
  }

  @Test(arguments: [false, true])
  func `tables read while changes come end equal, whatever fails`(isTorn: Bool) async throws {
    _ = try await forEachFault { faults in
      let (database, engine) = (try Self.database(), MemoryEngine(isTorn: isTorn, faults))
      database.faults = faults
      try Self.change(database)
      try await faults.restarting {
        try await Self.runUntilWhole(database, into: engine)
      }
      for (record, next) in zip(engine.records, engine.records.dropFirst()) {
        #expect(record.position < next.position)
      }
      let rows = try database.rows(of: "notes").map { row in
        [row["id"]?.text, row["words"]?.text]
      }
      #expect(
        try ReplayedTable(engine.records).rows == Set(rows), "\(faults.injected.debugDescription)")
    }
  }

  /// Runs a connector that reads the table while changes come, until the table is whole.
  private static func runUntilWhole(
    _ database: TestDatabase, into engine: MemoryEngine
  ) async throws {
    var options = ConnectorOptions()
    options.subscription = .impatient
    options.subscription.snapshot = .incremental(IncrementalSnapshotOptions())
    options.limits.bytes = 300
    let sink = RecordSink(engine, format: JSONLineFormat())
    let connector = Connector(try database.parameters(), into: sink, options: options)
    let watch = Task {
      while !engine.records.contains(where: { $0.value?.contains(#""kind":"whole""#) == true }) {
        try await Task.sleep(for: .milliseconds(1))
      }
      try database.commit { changes in
        try changes.update("notes", where: ["id": 6], set: ["words": "last"])
      }
      while !engine.records.contains(where: { $0.value?.contains(#""words":"last""#) == true }) {
        try await Task.sleep(for: .milliseconds(1))
      }
      connector.stop()
    }
    defer { watch.cancel() }
    try await connector.run()
  }

  @Test func `a batch is not larger than it may be`() async throws {
    let (database, engine) = (try Self.database(), MemoryEngine())
    try await Self.run(database, into: engine, bytes: 1)
    // The transaction's begin, each of its rows, and its end.
    #expect(engine.writes >= 6)
    let whole = MemoryEngine()
    try await Self.run(try Self.database(), into: whole, bytes: 1 << 20)
    #expect(whole.writes == 1)
    #expect(whole.records.map(\.position) == engine.records.map(\.position))
  }

  @Test func `an engine that can't be mended ends it`() async throws {
    let database = try Self.database()
    let faults = FaultInjector(failing: 1)
    let engine = MemoryEngine(faults)
    await #expect(throws: InjectedFault.self) { try await Self.run(database, into: engine) }
    #expect(engine.opens <= 1)
  }
}
