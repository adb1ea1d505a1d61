/// Where the rows of chunks come from.
protocol ChunkSource: AnyObject, Sendable {
  var context: SubscriptionContext { get }

  /// The next rows of a chunk; `nil` after the last.
  func nextBatch(of chunk: SnapshotChunk) async throws(ReplicationError) -> SnapshotBatch?
  /// Asks the server which keys lie in a chunk's range.
  func areInside(
    _ keys: [Key], _ chunk: SnapshotChunk
  ) async throws(ReplicationError) -> [Bool]
}
