internal import PGOutput
internal import PGWire

/// How far the consumer of a subscription has got, over all of its streams.
struct DeliveryProgress: Sendable {
  /// A transaction whose rest the consumer did not want.
  struct PassedOver: Hashable, Sendable {
    let id: AcknowledgementLedger.ID
    let commitLSN: LSN
    let mark: TransactionMark?
  }

  /// Everything that was committed below it has been delivered; `nil` before the first stream.
  private(set) var position: LSN?
  /// The end of the last transaction that was delivered.
  private(set) var lastEnd = LSN.zero
  /// The mark that identifies that transaction.
  private(set) var lastMark: TransactionMark?
  /// The transaction whose end has not come since the consumer has passed it over.
  private(set) var passedOver: PassedOver?

  /// The prepared transaction that was delivered last although it lies before the position.
  private var latePrepare: LSN?

  /// Whether a transaction, or a message outside of one, has not been delivered yet.
  func isNew(_ info: TransactionInfo) -> Bool {
    guard !isPassedOver(info) else { return false }
    let position = position ?? .zero
    switch info.kind {
    case .message: return info.commitLSN > position
    case .prepared where info.commitLSN < position:
      // One that was prepared before the slot was made for two phases is sent only when it commits,
      // right before that; what was sent when it was prepared is not sent again.
      return info.commitLSN != latePrepare
    default: return info.commitLSN >= position
    }
  }

  /// Whether it is the transaction that was passed over.
  func isPassedOver(_ info: TransactionInfo) -> Bool {
    // A message may end where a transaction commits.
    info.kind != .message && passedOver?.commitLSN == info.commitLSN
  }

  /// The furthest position that the consumer may have got, all of which the server must have too.
  var furthestGiven: LSN {
    // The commit record begins there, and ends after it.
    max(lastEnd, passedOver?.commitLSN.advanced(by: 1) ?? .zero)
  }

  /// The mark of the last transaction that the consumer may have got something of.
  var furthestMark: TransactionMark? { passedOver == nil ? lastMark : nil }
}

// MARK: - Changes

extension DeliveryProgress {
  /// A transaction has been delivered to its end.
  mutating func delivered(_ commitLSN: LSN, upTo end: LSN, _ mark: TransactionMark?) {
    latePrepare = end < position ?? .zero ? commitLSN : nil
    position = max(position ?? .zero, end)
    guard end >= lastEnd else { return }
    lastEnd = end
    lastMark = mark
  }

  /// Nothing is left to be delivered below a position.
  mutating func skipped(upTo position: LSN) {
    self.position = max(self.position ?? .zero, position)
  }

  /// The consumer does not want the rest of a transaction.
  mutating func passedOver(_ transaction: PassedOver) {
    passedOver = transaction
  }

  /// The end of the transaction that was passed over has come.
  ///
  /// - Returns: The transaction.
  mutating func endPassedOver(at end: LSN) -> PassedOver? {
    guard let transaction = passedOver.take() else { return nil }
    delivered(transaction.commitLSN, upTo: end, transaction.mark)
    return transaction
  }

  /// A stream begins at this position.
  mutating func begin(at position: LSN) {
    self.position = position
  }

  /// Forgets what was delivered: the consumer starts from another position.
  mutating func reset() {
    self = DeliveryProgress()
  }
}
