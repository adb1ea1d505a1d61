import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// The same database in memory and over sockets, where libpq asks too.
@Suite(.timeLimit(.minutes(15))) struct SimulatedServerTests {
  enum Way: CaseIterable, Sendable {
    case memory, tcp, unixSocket

    /// Parameters of a client, and what has to live as long.
    func connect(_ database: TestDatabase) throws -> (ReplicationParams, SimulatedServer?) {
      let place: ScriptedServer.Place
      switch self {
      case .memory:
        var params = try database.parameters()
        params.logger = quietLogger
        return (params, nil)
      case .tcp: place = .tcp
      case .unixSocket: place = .unixSocket
      }
      let server = try SimulatedServer(database, at: place)
      var params = try server.parameters()
      params.logger = quietLogger
      return (params, server)
    }
  }

  @Test(arguments: Way.allCases)
  func `a subscription follows it over breaks and restarts`(way: Way) async throws {
    let database = try Tables.database()
    var (params, server) = try way.connect(database)
    params.stopAt = database.currentLSN
    let store = MemoryCheckpointStore()
    var replica = Replica()
    database.interruptStream(afterMessages: 10)
    try await Subscription(params, checkpoints: store, options: .impatient).follow(&replica)
    #expect(try database.equals(replica, in: "orders", "logged"))

    try database.commit { try $0.update("orders", set: ["item": "plum"]) }
    params.stopAt = database.currentLSN
    let second = try Subscription(params, checkpoints: store, options: .impatient)
    try await second.follow(&replica)
    #expect(try database.equals(replica, in: "orders", "logged"))
    #expect(second.statistics.acknowledged >= database.currentLSN)
    withExtendedLifetime(server) {}
    server = nil
  }

  @Test(arguments: Way.allCases)
  func `slots are made, looked at, moved and dropped`(way: Way) async throws {
    let database = try Tables.database(slot: nil)
    let (params, server) = try way.connect(database)
    let client = try Client(params)
    #expect(try await client.slot() == nil)
    let start = try await client.createSlot()
    await #expect(throws: ReplicationError.self) { try await client.createSlot() }
    let slot = try #require(try await client.slot())
    #expect(slot.confirmedFlushLSN == start)
    #expect(!slot.isActive && slot.plugin == "pgoutput" && slot.database == "test")

    let end = try database.commit { try $0.insert(into: "orders", ["id": 70]) }
    #expect(try await client.insertLSN() >= end)
    try await client.advanceSlot(to: end)
    #expect(database.confirmedFlushLSN() == end)
    let health = try #require(try await client.slotHealth())
    #expect(health.currentLSN >= end)
    try await client.dropSlot()
    #expect(!database.hasSlot())
    client.close()
    server?.stop()
  }

  @Test(arguments: Way.allCases)
  func `a slot that does not exist is created, or is an error`(way: Way) async throws {
    let database = try Tables.database(slot: nil)
    var (params, server) = try way.connect(database)
    params.stopAt = database.currentLSN
    await #expect(throws: ReplicationError.slotMissing("test_slot")) {
      try await Subscription(params, options: .impatient).run { _ in }
    }
    params.createsSlot = true
    // What was committed before is not delivered.
    try await Subscription(params, options: .impatient).run { _ in Issue.record("from before") }
    #expect(database.hasSlot())
    server?.stop()
    server = nil
  }

  @Test(arguments: Way.allCases)
  func `an initial snapshot and what follows are everything`(way: Way) async throws {
    let database = try Tables.database(slot: nil)
    let (params, server) = try way.connect(database)
    var options = SubscriptionOptions.impatient
    options.snapshot = .initial()
    let store = MemoryCheckpointStore()
    let subscription = try Subscription(params, checkpoints: store, options: options)
    var replica = Replica()
    var (chunks, whole) = (0, 0)
    try await subscription.runItems { item in
      switch item {
      case .rangeBegins(let chunk):
        chunks += 1
        replica.begin(chunk)
        // The snapshot was taken before.
        try database.commit { changes in
          try changes.insert(into: "orders", ["id": TestValue(100 + chunks)])
        }
        for try await batch in chunk.batches { try replica.take(batch) }
      case .tableIsWhole: whole += 1
      case .transaction(let transaction):
        for try await change in transaction.changes { try replica.apply(change) }
        if try database.equals(replica, in: "orders", "logged") { subscription.stop() }
      }
    }
    #expect((chunks, whole) == (2, 2))
    #expect(try database.equals(replica, in: "orders", "logged"))
    #expect(store.checkpoint?.snapshot == .finished)
    server?.stop()
  }

  @Test(arguments: Way.allCases)
  func `an incremental snapshot beside the stream is exact`(way: Way) async throws {
    let database = TestDatabase([Tables.orders, Tables.logged])
    try database.commit { changes in
      for id in 1...20 {
        try changes.insert(into: "orders", ["id": TestValue(id), "item": "old"])
      }
      try changes.insert(into: "logged", ["line": "a", "level": 1])
    }
    let (params, server) = try way.connect(database)
    var reading = IncrementalSnapshotOptions()
    // A row counts as 64 bytes where ranges are planned.
    reading.chunkBytes = 256
    var options = SubscriptionOptions.impatient
    options.snapshot = .incremental(reading)
    let subscription = try Subscription(
      params, checkpoints: MemoryCheckpointStore(), options: options)
    var replica = Replica()
    var (chunks, whole) = (0, 0)
    try await subscription.runItems { item in
      switch item {
      case .rangeBegins(let chunk):
        chunks += 1
        replica.begin(chunk)
        try database.commit { changes in
          try changes.update(
            "orders", where: ["id": TestValue(21 - chunks)], set: ["item": "new \(chunks)"])
          try changes.delete(from: "orders", where: ["id": TestValue(chunks)])
        }
        for try await batch in chunk.batches { try replica.take(batch) }
      case .tableIsWhole: whole += 1
      case .transaction(let transaction):
        for try await change in transaction.changes { try replica.apply(change) }
      }
      if whole == 2, try database.equals(replica, in: "orders", "logged") { subscription.stop() }
    }
    #expect(chunks > 2)
    #expect(try database.equals(replica, in: "orders", "logged"))
    server?.stop()
  }
}
