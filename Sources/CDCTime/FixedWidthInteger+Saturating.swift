/// Saturating arithmetic for numbers that come from a peer, a file or a caller: a result that does
/// not fit becomes the nearest value that does, so that no such number can end the process.
extension FixedWidthInteger {
  /// The sum, or the nearest value that fits.
  package func addingSaturating(_ other: Self) -> Self {
    let (sum, overflows) = addingReportingOverflow(other)
    guard overflows else { return sum }
    return other < 0 ? .min : .max
  }

  /// The difference, or the nearest value that fits.
  package func subtractingSaturating(_ other: Self) -> Self {
    let (difference, overflows) = subtractingReportingOverflow(other)
    guard overflows else { return difference }
    return other > 0 ? .min : .max
  }

  /// The product, or the nearest value that fits.
  package func multipliedSaturating(by other: Self) -> Self {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    guard overflows else { return product }
    return (self < 0) == (other < 0) ? .max : .min
  }
}

extension Sequence where Element: FixedWidthInteger {
  /// The sum of all, or the nearest value that fits; partial sums saturate as well.
  package func sumSaturating() -> Element {
    reduce(0) { $0.addingSaturating($1) }
  }
}

extension PostgresTimestamp {
  /// Microseconds from an earlier time to this one, saturating; negative if it is the later one.
  ///
  /// Finite times can be so far apart that the distance does not fit.
  package func microseconds(since earlier: PostgresTimestamp) -> Int64 {
    microseconds.subtractingSaturating(earlier.microseconds)
  }
}
