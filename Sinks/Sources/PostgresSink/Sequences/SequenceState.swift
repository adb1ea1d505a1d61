/// How far a sequence is.
struct SequenceState: Hashable, Sendable {
  /// The sequence's `last_value`.
  let value: Int64
  /// Whether the value was given; otherwise it is the next one.
  let isCalled: Bool

  /// The value that is given next.
  func next(increment: Int64) -> Int64 {
    isCalled ? Self.sum(value, increment) : value
  }

  /// The state that comes a number of values later.
  func later(by count: Int64, increment: Int64) -> SequenceState {
    let (distance, isLarge) = increment.multipliedReportingOverflow(by: count)
    let (sum, isBeyond) = value.addingReportingOverflow(distance)
    return isLarge || isBeyond ? self : SequenceState(value: sum, isCalled: isCalled)
  }

  private static func sum(_ value: Int64, _ increment: Int64) -> Int64 {
    let (sum, isBeyond) = value.addingReportingOverflow(increment)
    return isBeyond ? value : sum
  }
}
