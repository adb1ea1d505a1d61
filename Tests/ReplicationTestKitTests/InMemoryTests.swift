import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Subscriptions to a database in memory.
@Suite(.timeLimit(.minutes(15))) struct InMemoryTests {
  private func subscription(
    _ database: TestDatabase, _ store: MemoryCheckpointStore? = nil,
    _ change: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Subscription {
    try database.subscription(checkpoints: store) { params in
      params.logger = quietLogger
      params.stopAt = database.currentLSN
      change(&params)
    }
  }

  @Test func `the target ends equal to the database, and the slot at its end`() async throws {
    let database = try Tables.database()
    let store = MemoryCheckpointStore()
    var replica = Replica()
    try await subscription(database, store).follow(&replica)
    #expect(try database.equals(replica, in: "orders", "logged"))
    #expect(store.checkpoint?.transactionEnd == database.currentLSN)
    #expect(try #require(database.confirmedFlushLSN()) >= database.currentLSN)
  }

  @Test func `what is committed while it runs is delivered`() async throws {
    let database = try Tables.database()
    let open = try database.subscription { $0.logger = quietLogger }
    var items: [String?] = []
    var isWritten = false
    for try await transaction in open.transactions {
      for try await change in transaction.changes {
        if case .insert(let row) = change, row.relation.name == "orders" {
          items.append(try row.withRow { try $0["item", as: String?.self] })
        }
      }
      transaction.acknowledge()
      if items.count == 4, !isWritten {
        isWritten = true
        try database.commit { changes in
          try changes.insert(into: "orders", ["id": 100, "item": "late"])
        }
      }
      if items.last == "late" { break }
    }
    #expect(items.count == 5)
    try await open.close()
  }

  // MARK: Acknowledgement and checkpoints

  @Test func `what was not acknowledged is delivered to the next subscription`() async throws {
    let database = try Tables.database()
    let store = MemoryCheckpointStore()
    var commits: [LSN] = []
    do {
      let first = try subscription(database, store)
      for try await transaction in first.transactions {
        commits.append(transaction.commitLSN)
        if commits.count == 2 { break }
        transaction.acknowledge()
      }
      try await first.close()
    }
    var again: [LSN] = []
    try await subscription(database, store).run { again.append($0.commitLSN) }
    #expect(again.count == 2)
    #expect(again.first == commits.last)
  }

  @Test func `a slot that was created again is noticed`() async throws {
    let database = try Tables.database()
    let store = MemoryCheckpointStore()
    try await subscription(database, store).run { _ in }
    try database.dropSlot("test_slot")
    try database.commit { try $0.insert(into: "orders", ["id": 50]) }
    try database.createSlot("test_slot")
    await #expect(throws: ReplicationError.self) {
      try await subscription(database, store).run { _ in Issue.record("a transaction is missing") }
    }
  }

  @Test func `a keepalive that asks for a reply is answered`() async throws {
    let database = try Tables.database()
    let open = try database.subscription { $0.logger = quietLogger }
    let consumer = Task { try await open.run { _ in } }
    while database.confirmedFlushLSN() ?? .zero < database.currentLSN {
      try await Task.sleep(for: .milliseconds(2))
    }
    let message = database.emitMessage("idle", [])
    database.sendKeepAlive(replyRequested: true)
    while database.confirmedFlushLSN() ?? .zero < message {
      try await Task.sleep(for: .milliseconds(2))
    }
    open.stop()
    try await consumer.value
  }

  // MARK: What a server does at will

  @Test(arguments: 0..<20)
  func `a stream that breaks anywhere is continued without loss`(count: Int) async throws {
    let database = try Tables.database()
    database.interruptStream(afterMessages: count)
    var replica = Replica()
    try await subscription(database, MemoryCheckpointStore()).follow(&replica)
    #expect(try database.equals(replica, in: "orders", "logged"))
  }

  @Test func `a transaction that breaks off is delivered again from its beginning`() async throws {
    let database = try Tables.database()
    // Begin, Relation and two inserts.
    database.interruptStream(afterMessages: 4)
    let broken = try subscription(database)
    var commits: [LSN] = []
    var areAgain: [Bool] = []
    var interruptions: [LSN] = []
    for try await transaction in broken.transactions {
      commits.append(transaction.commitLSN)
      areAgain.append(transaction.isRedelivered)
      if let commit = try await interruption(of: transaction) { interruptions.append(commit) }
    }
    try await broken.close()
    #expect(areAgain == [false, true, false, false])
    #expect(interruptions == Array(commits.prefix(1)))
    #expect(commits.prefix(2).allSatisfy { $0 == commits.first })
  }

  /// Takes all of a transaction, and acknowledges it.
  ///
  /// - Returns: Where it would have committed, if it breaks off.
  private func interruption(of transaction: ReplicationTransaction) async throws -> LSN? {
    do {
      while try await transaction.forEachReady({ _ in }) {}
    } catch ReplicationError.interrupted(let commit) {
      return commit
    }
    transaction.acknowledge()
    return nil
  }

  @Test func `refused connections are tried again`() async throws {
    let database = try Tables.database()
    database.refuseConnections(3)
    var replica = Replica()
    try await subscription(database).follow(&replica)
    #expect(try database.equals(replica, in: "orders", "logged"))
  }

  @Test func `an error that does not pass ends it`() async throws {
    let database = try Tables.database()
    let error = ServerError.made(severity: "FATAL", .invalidPassword, "no")
    database.refuseConnections(100, with: error)
    await #expect(throws: ReplicationError.self) {
      try await subscription(database).run { _ in }
    }
  }

  @Test func `a slow server is slow`() async throws {
    let database = try Tables.database()
    database.messagePause = .milliseconds(10)
    let clock = ContinuousClock()
    let start = clock.now
    try await subscription(database).run { _ in }
    // There are more than twelve messages.
    #expect(clock.now - start > .milliseconds(120))
  }

  // MARK: What messages can be

  @Test func `large values that were not changed are not sent`() async throws {
    let database = try Tables.database()
    var known: [Bool] = []
    try await subscription(database).run { transaction in
      for try await change in transaction.changes {
        guard case .update(let row) = change, row.relation.name == "orders" else { continue }
        known.append(
          row.withRow { row in
            guard let index = row.index(of: "note") else { return true }
            return row.isKnown(index)
          })
      }
    }
    #expect(known == [false, false])
  }

  @Test func `a table that is altered is described again`() async throws {
    let database = try Tables.database()
    try database.commit { changes in
      try changes.alter("orders") { $0.columns.append(.column("price", .numeric)) }
      try changes.insert(into: "orders", ["id": 9, "price": 2.5])
    }
    var shapes: [[String]] = []
    try await subscription(database).run { transaction in
      for try await change in transaction.changes {
        guard case .relation(let description) = change,
          description.relation.name == "orders"
        else { continue }
        shapes.append(description.relation.columns.map(\.name))
      }
    }
    #expect(shapes == [["id", "item", "note"], ["id", "item", "note", "price"]])
  }

  @Test(arguments: [true, false])
  func `logical messages come if they were asked for`(isAsked: Bool) async throws {
    let database = try Tables.database()
    try database.commit { $0.message("inside", [1]) }
    database.emitMessage("outside", [2])
    var prefixes: [String] = []
    try await subscription(database) { $0.deliversMessages = isAsked }.run { transaction in
      for try await change in transaction.changes {
        if case .message(let message) = change { prefixes.append(message.prefix) }
      }
    }
    #expect(prefixes == (isAsked ? ["inside", "outside"] : []))
  }

  // MARK: Transactions in blocks

  @Test func `large transactions are put together, and rolled back ones are dropped`() async throws
  {
    let database = try Self.streamedDatabase()
    var kinds: [Bool] = []
    var replica = Replica()
    try await subscription(database) { $0.streaming = .parallel }.run { transaction in
      kinds.append(transaction.isStreamed)
      for try await change in transaction.changes { try replica.apply(change) }
    }
    #expect(kinds == [true, false])
    #expect(try database.equals(replica, in: "orders"))
  }

  @Test func `a consumer may have the blocks as they come`() async throws {
    let database = try Self.streamedDatabase()
    let provisional = try subscription(database) { $0.streaming = .on }
    var steps: [String] = []
    for try await step in provisional.provisional {
      switch step {
      case .discard(let request):
        request.acknowledge()
        steps.append("discard")
      case .provisional(let change):
        if case .insert = change.content { steps.append("insert") }
      case .aborted: steps.append("aborted")
      case .committed(let staged):
        staged.acknowledge()
        steps.append("committed")
      case .transaction(let transaction):
        transaction.acknowledge()
        steps.append("transaction")
      case .subtransactionAborted, .prepared: Issue.record("\(step)")
      }
    }
    try await provisional.close()
    #expect(
      steps == [
        "discard", "insert", "insert", "aborted", "insert", "insert", "insert", "committed",
        "transaction",
      ])
  }

  private static func streamedDatabase() throws -> TestDatabase {
    let database = TestDatabase([Tables.orders])
    try database.rollBack(inBlocksOf: 1) { changes in
      for id in 1...2 { try changes.insert(into: "orders", ["id": TestValue(id)]) }
    }
    try database.commit(inBlocksOf: 2) { changes in
      for id in 1...3 { try changes.insert(into: "orders", ["id": TestValue(id)]) }
    }
    try database.commit { try $0.update("orders", where: ["id": 2], set: ["item": "x"]) }
    return database
  }
}
