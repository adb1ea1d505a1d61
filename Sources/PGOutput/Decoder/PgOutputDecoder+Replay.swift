package import PGWire

// Messages that do not come straight from the stream.

extension PgOutputDecoder {
  /// Reads a message that is kept to be decoded later, and records only what it means for
  /// transactions.
  ///
  /// - Returns: Its head, what it means, and the transaction that it is about. Changes are not
  ///   decoded, and relations are not recorded.
  package mutating func skim(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> (MessageHead, TransactionBoundary, TransactionInfo?) {
    let head = try position.head(of: payload, at: lsn)
    guard head.kind.canBeBoundary else { return (head, .none, nil) }
    return try position.read(head, payload, at: lsn).lend(payload, Span()) { message in
      (head, message.boundary, TransactionInfo(message))
    }
  }

  /// The next messages are those of one transaction, and were skimmed before.
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
