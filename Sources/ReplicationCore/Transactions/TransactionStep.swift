internal import CDCTime
internal import PGOutput
internal import PGWire

/// The steps of transactions that are delivered whole, in order.
enum TransactionStep: Sendable {
  /// A transaction begins; its changes follow.
  case begin(TransactionInfo)
  case change(TransactionChange)
  /// The transaction that has begun ends here.
  case end(LSN)
  /// A transaction that was kept has ended, with all of its messages.
  indirect case whole(TransactionInfo, end: LSN, TransactionSpool)
  /// A step without changes, or with one.
  indirect case point(TransactionInfo, end: LSN, TransactionChange?)
  /// Everything that was committed below the position has been delivered; the flag says whether the
  /// server asks for it, as it does when it shuts down.
  case idle(LSN, isRequested: Bool)
}

/// A step that an assembler has made.
protocol AssembledStep: Sendable {
  /// Where the stream stands with it; `nil` of changes.
  var place: StepPlace? { get }
  /// The table that it describes, if it does.
  var relation: Relation? { get }
  /// The transaction that it begins or belongs to, if it says.
  var xid: UInt32? { get }
}

/// Where a stream stands with a step.
enum StepPlace: Hashable, Sendable {
  /// A transaction begins that commits here.
  case begins(commit: LSN, time: PostgresTimestamp?)
  /// The transaction that has begun ends here.
  case ends(at: LSN)
  /// Something has arrived as a whole; where it was committed and where it ends.
  case isWhole(commit: LSN, end: LSN, time: PostgresTimestamp?)
  /// There is nothing up to here.
  case idle(LSN, isRequested: Bool)
  /// A part of a transaction was rolled back, or is void.
  case other
}

extension TransactionStep: AssembledStep {
  var place: StepPlace? {
    switch self {
    case .change: nil
    case .begin(let info): .begins(commit: info.commitLSN, time: info.time)
    case .end(let end): .ends(at: end)
    case .whole(let info, let end, _):
      .isWhole(commit: info.commitLSN, end: end, time: info.time)
    case .point(let info, let end, _):
      // A record that names only its end begins before that.
      .isWhole(commit: min(info.commitLSN, end.predecessor), end: end, time: info.time)
    case .idle(let position, let isRequested): .idle(position, isRequested: isRequested)
    }
  }

  var xid: UInt32? {
    switch self {
    case .begin(let info), .whole(let info, _, _), .point(let info, _, _): info.xid
    case .change, .end, .idle: nil
    }
  }

  var relation: Relation? {
    if case .change(.relation(let change)) = self { change.relation } else { nil }
  }
}
