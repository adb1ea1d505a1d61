import ReplicationCore
import Synchronization

/// Keeps the last checkpoint.
final class LastStore: CheckpointStore {
  private let stored = Mutex<Checkpoint?>(nil)

  var checkpoint: Checkpoint? { stored.withLock { $0 } }

  func set(_ checkpoint: Checkpoint) {
    stored.withLock { $0 = checkpoint }
  }

  func load() async throws -> Checkpoint? { checkpoint }

  func save(_ checkpoint: Checkpoint) async throws { set(checkpoint) }
}
