/// Steps of the open transaction that were taken before the one in front of them was judged, so
/// that the server is asked where many keys lie in one question.
struct StepsAhead: Sendable {
  private var steps: [TransactionStep] = []
  private var first = 0
  private var byteCount = 0

  /// A question costs several round trips, whatever it asks about.
  static let mostSteps = 512
  /// Rows of any size stay within the bound of memory.
  static let mostBytes = 1 << 18

  var isEmpty: Bool { first == steps.count }

  /// Whether no more are to be taken: what is no change ends the transaction, or begins it again
  /// over another stream.
  var isFull: Bool {
    if steps.count - first >= Self.mostSteps || byteCount >= Self.mostBytes { return true }
    guard let last = steps.last else { return false }
    if case .change = last { return false }
    return true
  }

  mutating func append(_ step: TransactionStep) {
    if case .change(let change) = step { byteCount += change.row?.byteCount ?? 0 }
    steps.append(step)
  }

  mutating func popFirst() -> TransactionStep? {
    guard !isEmpty else { return nil }
    defer {
      first += 1
      if isEmpty { self = StepsAhead() }
    }
    return steps[first]
  }

  /// The changes, in their order.
  var changes: [TransactionChange] {
    steps[first...].compactMap { step in
      if case .change(let change) = step { change } else { nil }
    }
  }
}
