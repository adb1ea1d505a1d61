extension Duration {
  /// Whole milliseconds, at least one and at most a day: what the client library takes.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let day: Int64 = 86_400_000
    guard seconds < day / 1000 else { return day }
    return max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }

  /// Whole nanoseconds, at least one: what the server takes.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !isTooLarge else { return seconds < 0 ? 1 : .max }
    let (sum, overflows) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflows ? .max : max(1, sum)
  }
}
