internal import PGWire
public import ReplicationCore

/// A checkpoint store in memory, which outlives the subscriptions of a test.
public final class MemoryCheckpointStore: CheckpointStore {
  private struct State {
    var checkpoint: Checkpoint?
    var saves = 0
  }

  private let state = Lock(State())

  /// A store that has nothing, or one checkpoint.
  public init(_ checkpoint: Checkpoint? = nil) {
    state.withLock { $0.checkpoint = checkpoint }
  }

  /// What was saved last.
  public var checkpoint: Checkpoint? { state.withLock(\.checkpoint) }

  /// How often something was saved.
  public var saveCount: Int { state.withLock(\.saves) }

  public func load() async throws -> Checkpoint? { checkpoint }

  public func save(_ checkpoint: Checkpoint) async throws {
    state.withLock { state in
      state.checkpoint = checkpoint
      state.saves += 1
    }
  }
}

/// A checkpoint store whose calls may be made to fail.
///
/// A save counts as two operations: one before anything is stored, and one after that, when only
/// the answer is lost.
public final class FaultyCheckpointStore: CheckpointStore {
  private let store: any CheckpointStore
  private let faults: FaultInjector

  /// - Parameters:
  ///   - store: The store that keeps the checkpoints.
  ///   - faults: Counts the calls.
  public init(_ store: any CheckpointStore, _ faults: FaultInjector) {
    self.store = store
    self.faults = faults
  }

  public func load() async throws -> Checkpoint? {
    try faults.reach("a checkpoint is loaded")
    return try await store.load()
  }

  public func save(_ checkpoint: Checkpoint) async throws {
    try faults.reach("a checkpoint is saved")
    try await store.save(checkpoint)
    try faults.reach("a checkpoint has been saved")
  }
}
