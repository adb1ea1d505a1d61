internal import PGWire

/// Reads settings as the server prints them.
enum ServerSetting {
  /// `1min`, `2500ms` or `10s`; a bare number is in `unit`.
  ///
  /// - Returns: `nil` for zero, which means "never", for more than 292 years, which is as good as
  ///   never, and for text that is not a duration.
  static func duration(_ text: String, unit: Duration) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count > 0 else { return nil }
    let scale: Duration
    switch text.dropFirst(digits.count) {
    case "": scale = unit
    case "us": scale = .microseconds(1)
    case "ms": scale = .milliseconds(1)
    case "s": scale = .seconds(1)
    case "min": scale = .seconds(60)
    case "h": scale = .seconds(3600)
    case "d": scale = .seconds(86400)
    default: return nil
    }
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: scale.wholeNanoseconds)
    return overflow ? nil : .nanoseconds(nanoseconds)
  }

  /// The major version in `15.18 (Debian 15.18-0+deb12u1)`, `19rc1` and the like; 0 if there is
  /// none.
  static func majorVersion(_ text: String) -> Int {
    Int(text.prefix { $0.isASCII && $0.isNumber }) ?? 0
  }
}
