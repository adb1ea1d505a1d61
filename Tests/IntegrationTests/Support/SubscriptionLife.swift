import PGOutput
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// What a program does with a subscription, from its initial snapshot to the end of its slot.
///
/// Its network breaks once. Either the subscription repairs it, or the program is started again.
struct SubscriptionLife {
  private let run: FaultyRun
  private let params: ReplicationParams
  private let isRestarted: Bool
  private let target = Target()
  private var written: [Int] = []

  /// - Parameters:
  ///   - patience: How long it waits for anything.
  ///   - isRestarted: Whether an error ends the subscription, and another one continues.
  init(_ run: FaultyRun, patience: Duration, isRestarted: Bool) {
    self.run = run
    self.isRestarted = isRestarted
    params = run.lane.params(run.relay, slot: run.slot, patience: patience)
  }

  /// Lives, and checks that it has each row once, in order.
  mutating func live() async throws {
    var hasFailed = false
    for _ in 0..<2000 {
      do {
        try await follow()
        break
      } catch {
        guard isRestarted, let strike = run.relay.strike else { throw error }
        if let error = error as? ReplicationError, error.isSlotActive, hasFailed {
          try await Task.sleep(for: .milliseconds(50))
          continue
        }
        guard !hasFailed else { throw error }
        hasFailed = true
        try FaultJudge.check(error, after: strike)
      }
    }
    let place = run.relay.strike.map { "\($0)" } ?? "no fault"
    let (rows, expected) = (target.rows, FaultLane.rows + written)
    #expect(rows == expected, "\(place)")
    try await dropSlot()
    let isLeft = try await run.lane.hasSlot(run.slot)
    #expect(!isLeft, "\(place)")
  }

  private mutating func follow() async throws {
    var options = SubscriptionOptions()
    options.snapshot = .initial()
    options.reconnect =
      isRestarted
      ? .never
      : ReconnectPolicy(
        initialInterval: .milliseconds(10), longestInterval: .milliseconds(200),
        timeout: .seconds(120))
    let subscription = try Subscription(params, checkpoints: target, options: options)
    // Everything may be here already, when only the end had failed.
    if isComplete { return try await end(subscription) }
    try await subscription.runItems { item in
      switch item {
      case .rangeBegins(let chunk): try await take(chunk)
      case .tableIsWhole:
        // Whatever is written from here on comes by the stream, unless the snapshot is repeated.
        for _ in 0..<3 { try await writeNext() }
      case .transaction(let transaction):
        var rows: [Int] = []
        for try await change in transaction.changes {
          guard case .insert(let row) = change else { continue }
          rows.append(try row.withRow { row in Int(try row["id", as: Int64.self]) })
        }
        target.commit(rows, try transaction.checkpoint())
      @unknown default: break
      }
      if isComplete { subscription.stop() }
    }
  }

  private func end(_ subscription: Subscription) async throws {
    subscription.stop()
    try await subscription.close()
  }

  private var isComplete: Bool { !written.isEmpty && target.streamed.last == written.last }

  private mutating func writeNext() async throws {
    let id = 10 + written.count
    try await run.lane.write(id)
    written.append(id)
  }

  private func take(_ chunk: SnapshotChunk) async throws {
    var rows: [Int] = []
    for try await batch in chunk.batches {
      try batch.forEachRow { row throws(RowError) in
        rows.append(Int(try row["id", as: Int64.self]))
      }
    }
    target.begin(with: rows)
  }

  private func dropSlot() async throws {
    let client = try Client(params)
    do {
      try await client.dropSlot(deadline: ContinuousClock.now + .seconds(60))
    } catch {
      guard let strike = run.relay.strike else { throw error }
      try FaultJudge.check(error, after: strike)
      try await client.dropSlot(deadline: ContinuousClock.now + .seconds(60))
    }
    client.close()
  }
}

extension SubscriptionLife {
  /// A target that stores rows and checkpoint at once, as a database does.
  private final class Target: CheckpointStore {
    private struct State {
      var read: [Int] = []
      var streamed: [Int] = []
      var checkpoint: Checkpoint?
      /// Whether the checkpoint came with rows.
      var isOwn = false
    }

    private let state = Mutex(State())

    /// All rows, those of the snapshot in their own order.
    var rows: [Int] { state.withLock { $0.read.sorted() + $0.streamed } }
    var streamed: [Int] { state.withLock { $0.streamed } }

    func begin(with rows: [Int]) {
      state.withLock { state in
        state.read = rows
        state.streamed = []
        state.isOwn = false
      }
    }

    func commit(_ rows: [Int], _ checkpoint: Checkpoint) {
      state.withLock { state in
        state.streamed += rows
        state.checkpoint = checkpoint
        state.isOwn = true
      }
    }

    func load() async throws -> Checkpoint? { state.withLock { $0.checkpoint } }

    func save(_ checkpoint: Checkpoint) async throws {
      state.withLock { state in
        if state.isOwn, state.checkpoint?.covers(checkpoint) == true { return }
        state.checkpoint = checkpoint
      }
    }
  }
}
