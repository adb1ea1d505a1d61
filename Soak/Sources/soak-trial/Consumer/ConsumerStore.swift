import Foundation
import ReplicationCore
import Synchronization

/// Where a consumer's checkpoint is kept: in memory, and beside the replica in its file.
///
/// The consumer puts the checkpoint of a transaction here in the same step as its rows. What the
/// library saves by itself are positions at which nothing else has come.
final class ConsumerStore: CheckpointStore {
  private let current: Mutex<Checkpoint?>
  /// The file of those positions; `nil` for a consumer that lives as long as the soak.
  private let path: String?

  /// - Parameter saved: The checkpoint of the replica's file.
  init(path: String? = nil, saved: Checkpoint? = nil) throws {
    self.path = path
    var latest = saved
    if let path, let saved, FileManager.default.fileExists(atPath: path) {
      let position = try Checkpoint(
        encoded: Array(try Data(contentsOf: URL(filePath: path))))
      if !saved.covers(position) { latest = position }
    }
    current = Mutex(latest)
  }

  /// The consumer has everything up to this checkpoint, in its file too if it has one.
  func put(_ checkpoint: Checkpoint) throws {
    current.withLock { $0 = checkpoint }
    if let path, FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  func load() async throws -> Checkpoint? { current.withLock { $0 } }

  func save(_ checkpoint: Checkpoint) async throws {
    // Most often the consumer has put this one here, or a later one.
    let isKnown = current.withLock { current in
      if let known = current, known.covers(checkpoint) { return true }
      current = checkpoint
      return false
    }
    guard !isKnown, let path else { return }
    try Data(try checkpoint.encoded()).write(to: URL(filePath: path), options: .atomic)
  }
}
