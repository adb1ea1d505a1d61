internal import PGWire

/// Decides when a stream that is to stop at a position has delivered everything at or below it.
///
/// Transactions come in the order of their commits. So the stop is reached at the first one whose
/// commit lies above it, or when the server reports that it has decoded the log beyond it. A server
/// that has decoded *up to* the position, to the byte, may still find a commit record that begins
/// there; it is given a moment and asked again.
struct StopCondition {
  let position: LSN
  private(set) var isReached = false
  /// Keepalives in a row that ended at the position exactly.
  private var exactKeepAlives = 0

  /// The number of answers that must name the same position before it counts as the end.
  private static let confirmations = 3

  init(at position: LSN) {
    self.position = position
  }

  /// A transaction, or a message outside of one, that was committed at this position comes next.
  mutating func reaches(commit: LSN) -> Bool {
    exactKeepAlives = 0
    isReached = commit > position
    return isReached
  }

  /// The server has decoded its log up to here.
  ///
  /// - Parameter isInTransaction: Whether a transaction is being delivered: it ends before the
  ///   stream does.
  mutating func reaches(walEnd: LSN, isInTransaction: Bool) -> Bool {
    guard !isInTransaction else { return false }
    if walEnd == position { exactKeepAlives += 1 } else { exactKeepAlives = 0 }
    isReached = walEnd > position || exactKeepAlives > Self.confirmations
    return isReached
  }
}
