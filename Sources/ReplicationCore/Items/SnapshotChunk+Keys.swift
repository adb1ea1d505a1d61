internal import PGOutput
internal import PGWire

extension SnapshotChunk {
  /// Which of some keys lie in the chunk's range.
  ///
  /// For targets that hold rows and do not compare keys as the server does. The server is asked
  /// where only it can tell, as with text in the order of a language, up to 1,000 keys at a time;
  /// otherwise this is ``SnapshotKeyRange/contains(_:)``. To be called before the rows have been
  /// taken.
  ///
  /// - Parameter keys: The values of ``SnapshotKeyRange/columns`` of each row, as the server prints
  ///   them.
  /// - Returns: One answer for each key, in their order.
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for what is not a key of the table,
  ///   ``ReplicationError/chunkInterrupted(table:_:)`` if the chunk is not the one being delivered.
  ///   A server that is restarting is asked again.
  public func contains(_ keys: [[String]]) async throws(ReplicationError) -> [Bool] {
    var answers = [Bool](repeating: false, count: keys.count)
    var undecided: [(index: Int, key: Key)] = []
    for (index, texts) in keys.enumerated() {
      if let isInside = range.contains(texts) {
        answers[index] = isInside
      } else if let key = range.key(texts) {
        undecided.append((index, key))
      } else {
        throw .invalidParameter("a key that is not one of \(table.qualifiedName)")
      }
    }
    while !undecided.isEmpty {
      let some = Array(undecided.prefix(Self.mostQuestions))
      undecided.removeFirst(some.count)
      for (index, isInside) in zip(
        some.map(\.index), try await source.areInside(some.map(\.key), self))
      {
        answers[index] = isInside
      }
    }
    return answers
  }

  /// The most keys that the server is asked about at once.
  private static let mostQuestions = 1000
}

extension ItemSource: ChunkSource {
  func areInside(
    _ keys: [Key], _ chunk: SnapshotChunk
  ) async throws(ReplicationError) -> [Bool] {
    try await cell.use { (delivery) async throws(ReplicationError) in
      let range = chunk.range
      let bounds = [range.range.start, range.range.end].compactMap { $0 }
      return try await askUntilAnswered(&delivery) { (delivery) async throws(ReplicationError) in
        guard delivery.chunk?.item == chunk.acknowledgement.id,
          let readers = delivery.incremental?.readers
        else {
          throw .chunkInterrupted(table: chunk.table.relation.qualifiedName, .cancelled)
        }
        let places = try await readers.places(of: keys, by: range.shape, bounds)
        // A key inside is behind the start, if there is one, and not behind the end.
        return places.map { $0 == (range.start == nil ? 0 : 1) }
      }
    }
  }
}
