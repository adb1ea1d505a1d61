package import PGWire

// Messages that do not come straight from the stream.

extension PgOutputDecoder {
  /// Reads a message that is kept to be decoded later, and takes in only what it means for
  /// transactions.
  ///
  /// - Returns: Its head, what it means, and the transaction that it tells about. A change is not
  ///   looked into, and a relation not taken in.
  package mutating func skim(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> (MessageHead, TransactionBoundary, TransactionInfo?) {
    let head = try position.head(of: payload, at: lsn)
    guard head.kind.canBeBoundary else { return (head, .none, nil) }
    return try position.read(head, payload, at: lsn).lend(payload, Span()) { message in
      (head, message.boundary, TransactionInfo(message))
    }
  }

  /// The messages that come next were skimmed before: those of one transaction.
  ///
  /// - Parameter place: Where they stood: all blocks of a transaction are one here.
  package mutating func beginReplay(at place: PgOutputMessage.Place) {
    placeBeforeReplay = placeBeforeReplay ?? position.place
    position.move(to: place)
  }

  /// The stream continues where it stood before the replay.
  package mutating func endReplay() {
    guard let place = placeBeforeReplay.take() else { return }
    position.move(to: place)
  }
}
