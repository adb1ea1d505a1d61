internal import PGOutput
internal import PGWire

extension TransactionAssembler {
  /// What there is to be done, in order.
  enum Step {
    /// A transaction begins; its changes follow.
    case begin(TransactionInfo)
    case change(Change)
    /// The transaction that has begun ends here.
    case end(LSN)
    /// A transaction that was kept has ended, with all of its messages.
    case whole(TransactionInfo, end: LSN, TransactionSpool)
    /// A step without changes, or with one.
    case point(TransactionInfo, end: LSN, Change?)
    /// Everything that was committed below the position has been delivered; whether the server
    /// wants to hear of it, as one that shuts down does.
    case idle(LSN, isRequested: Bool)

    // If blocks are passed on as they come:

    /// What former streams have brought of transactions in progress is void.
    case discard
    case provisional(ProvisionalChange)
    /// A transaction in progress, or a part of it, was rolled back.
    case aborted(StreamAbort)
    /// A transaction has ended whose changes have been passed on.
    case staged(TransactionInfo, end: LSN, ProvisionalStage)

    /// The table that the step tells of.
    var relation: Relation? {
      switch self {
      case .change(.relation(let change)): change.relation
      case .provisional(let provisional):
        if case .relation(let change) = provisional.change { change.relation } else { nil }
      default: nil
      }
    }
  }
}
