internal import ReplicationCore

/// A checkpoint in a file that never claims what is not on the disk.
///
/// What was written to standard output is in the system's memory first. If that is a file, it is
/// forced to the disk before the checkpoint is: after the loss of power the output has at least
/// what the checkpoint says.
struct WrittenCheckpointStore: CheckpointStore {
  private let file: FileCheckpointStore

  init(path: String) {
    file = FileCheckpointStore(path: path)
  }

  func load() async throws -> Checkpoint? { try await file.load() }

  func save(_ checkpoint: Checkpoint) async throws {
    try await StandardOutput.force()
    try await file.save(checkpoint)
  }
}
