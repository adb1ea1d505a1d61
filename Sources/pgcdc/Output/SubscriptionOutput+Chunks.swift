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
    try writer.flush()
    try await formatted.prepare(for: chunk)
    try formatted.format.begin(chunk, to: &writer.buffer)
    for try await batch in chunk.batches {
      try await write(batch)
      try writer.flushIfFull()
    }
    formatted.format.end(chunk, to: &writer.buffer)
  }

  /// Writes rows; if a value in one is of an unknown type, that is looked up.
  private mutating func write(_ batch: SnapshotBatch) async throws {
    while true {
      do throws(FormatError) {
        return try formatted.format.append(batch, to: &writer.buffer)
      } catch {
        try await formatted.lookUpType(missingIn: error)
      }
    }
  }
}
