import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Faults at every operation, one in each run.
@Suite(.timeLimit(.minutes(15))) struct ForEachFaultTests {
  /// A target that stores its rows and the checkpoint at once, as a database does.
  private final class Target: CheckpointStore {
    private struct State {
      var replica = Replica()
      var checkpoint: Checkpoint?
    }

    private let state = Lock(State())
    private let faults: FaultInjector

    init(_ faults: FaultInjector) {
      self.faults = faults
    }

    var replica: Replica { state.withLock { $0.replica } }

    func commit(_ replica: Replica, _ checkpoint: Checkpoint) throws {
      try faults.reach("the target commits")
      state.withLock { $0 = State(replica: replica, checkpoint: checkpoint) }
      try faults.reach("the target has committed")
    }

    func load() async throws -> Checkpoint? { state.withLock { $0.checkpoint } }

    func save(_ checkpoint: Checkpoint) async throws {
      try faults.reach("the checkpoint is saved")
      state.withLock { state in
        if state.checkpoint?.covers(checkpoint) != true { state.checkpoint = checkpoint }
      }
    }
  }

  @Test func `a target with the checkpoint in it ends equal, whatever fails`() async throws {
    let count = try await forEachFault { faults in
      let database = try Tables.database()
      database.faults = faults
      let target = Target(faults)
      try await faults.restarting {
        let subscription = try database.subscription(checkpoints: target) { params in
          params.logger = quietLogger
          params.stopAt = database.currentLSN
        }
        try await subscription.run { transaction in
          var staged = target.replica
          for try await change in transaction.changes { try staged.apply(change) }
          try target.commit(staged, try transaction.checkpoint())
        }
      }
      #expect(try database.equals(target.replica, in: "orders", "logged"))
    }
    // Connections, 18 messages, and what the target does with three transactions.
    #expect(count > 24)
  }

  @Test func `an initial snapshot ends equal, whatever fails`() async throws {
    let count = try await forEachFault { faults in
      let database = try Tables.database(slot: nil)
      database.faults = faults
      let store = FaultyCheckpointStore(MemoryCheckpointStore(), faults)
      var replica = Replica()
      let end = try database.commit { try $0.update("orders", set: ["item": "plum"]) }
      try await faults.restarting {
        var options = SubscriptionOptions.impatient
        options.snapshot = .initial()
        let subscription = try database.subscription(checkpoints: store, options: options) {
          $0.logger = quietLogger
          $0.stopAt = end
        }
        try await subscription.runItems { item in
          guard case .rangeBegins(let chunk) = item else { return }
          var staged = replica
          staged.begin(chunk)
          for try await batch in chunk.batches { try staged.take(batch) }
          replica = staged
        }
      }
      #expect(try database.equals(replica, in: "orders", "logged"))
    }
    #expect(count > 15)
  }

  @Test func `a test that does not hold is reported with the operation that failed`() async {
    struct Broken: Error {}
    let error = await #expect(throws: FaultyRunError.self) {
      try await forEachFault { faults in
        for word in ["one", "two", "three"] {
          do { try faults.reach(word) } catch { if word == "two" { throw Broken() } }
        }
      }
    }
    #expect(error?.fault?.number == 2)
    #expect(error?.fault?.operation == "two")
    #expect(error?.description.contains("operation 2 was made to fail: two") == true)
  }

  @Test func `each operation fails once, and a program is run again after that`() async throws {
    var failed: [String] = []
    var runs = 0
    let count = try await forEachFault { faults in
      try await faults.restarting {
        runs += 1
        for word in ["one", "two", "three"] { try faults.reach(word) }
      }
      if let fault = faults.injected { failed.append(fault.operation) }
    }
    #expect(count == 3)
    #expect(failed == ["one", "two", "three"])
    // The last run has no fault.
    #expect(runs == 7)
  }

  @Test func `a program that never ends its operations is an error`() async {
    await #expect(throws: FaultyRunError.self) {
      try await forEachFault(limit: 5) { faults in
        for _ in 0..<10 { try? faults.reach("again") }
      }
    }
  }
}
