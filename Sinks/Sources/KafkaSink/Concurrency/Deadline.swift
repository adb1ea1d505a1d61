/// Until when something is waited for.
struct Deadline {
  private let end: ContinuousClock.Instant

  /// A deadline from now on.
  init(_ time: Duration) {
    end = ContinuousClock.now + time
  }

  /// What is left, for functions of librdkafka's; never negative.
  var milliseconds: Int32 { (end - ContinuousClock.now).milliseconds }

  /// Whether nothing is left.
  var isOver: Bool { ContinuousClock.now >= end }
}

extension Duration {
  /// Whole milliseconds, from 0 to the largest number that C's `int` has.
  var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < Int64(Int32.max) / 1000 else { return .max }
    return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}
