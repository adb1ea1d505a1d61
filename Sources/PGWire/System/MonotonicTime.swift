internal import CReplicationSystem

/// A reading of a clock that never goes back: nanoseconds since a moment before the program.
///
/// Everything that waits takes the time as such a value, so that tests can simulate it.
package struct MonotonicTime: Comparable, Hashable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The time this much later; saturates far in the future.
  package static func + (time: Self, interval: Duration) -> Self {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(interval.wholeNanoseconds)
    return Self(nanoseconds: overflow ? Int64.max : sum)
  }

  package static func - (left: Self, right: Self) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

extension MonotonicTime {
  /// The clock's reading now.
  package static func now() -> MonotonicTime {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}

extension Duration {
  /// The whole in nanoseconds, saturating at about 292 years either way.
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    guard !overflow, !overflow2 else { return seconds < 0 ? Int64.min : Int64.max }
    return sum
  }
}
