internal import ChangeFormats
internal import PGOutput
internal import ReplicationCore

extension SubscriptionOutput {
  /// Writes the rows of a range of a table, and acknowledges it once they are out.
  mutating func take(_ chunk: SnapshotChunk) async throws {
    do {
      try await write(chunk)
    } catch ReplicationError.chunkInterrupted {
      // What was printed of it is void: the range is printed again, and its line says to delete it.
      return try writer.flush()
    }
    try writer.flush()
    if options.acknowledges {
      try writer.whenDurable { [data = options.userData] in chunk.acknowledge(attaching: data) }
    }
  }

  private mutating func write(_ chunk: SnapshotChunk) async throws {
    noteServerVersion()
    learnTypes(of: chunk.table)
    if !described.contains(chunk.table.relation.oid) { try await describe(chunk.table.relation) }
    try format.begin(chunk, to: &writer.buffer)
    for try await batch in chunk.batches {
      try await write(batch)
      try writer.flushIfFull()
    }
    format.end(chunk, to: &writer.buffer)
  }

  /// Takes over what reading the table has learnt of its types.
  private mutating func learnTypes(of table: SnapshotTable) {
    guard !types.types.isComplete(for: table.relation) else { return }
    if types.add(Array(table.types.types)) { format.types = types.types }
  }

  /// Writes rows; if a value in one is of an unknown type, that is looked up.
  private mutating func write(_ batch: SnapshotBatch) async throws {
    while true {
      do throws(FormatError) {
        return try format.append(batch, to: &writer.buffer)
      } catch {
        guard case .value(.unknownType(let oid), _, _, _, _) = error else { throw error }
        guard types.add(try await subscription.describeTypes([oid])) else { throw error }
        format.types = types.types
      }
    }
  }
}
