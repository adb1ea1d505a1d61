import ReplicationCore

/// A file and a slot begin together, and from then on belong together.
enum FirstStart {
  /// Makes the slot for a file that has no position yet, and notes where it begins.
  ///
  /// A slot that is there already may have moved on, and its changes are nowhere in the file; one
  /// that was made by a first start that was killed at once can't be told from that.
  static func prepare(
    _ params: ReplicationParams, _ checkpoints: CheckpointTable
  ) async throws {
    guard try await checkpoints.load() == nil else { return }
    let client = try Client(params)
    guard try await client.slot() == nil else { throw MirrorError.slotWithoutFile(params.slot) }
    let position = try await client.createSlot()
    try await checkpoints.save(client.checkpoint(at: position))
  }
}
