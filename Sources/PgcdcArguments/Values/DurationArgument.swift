public import ArgumentParser

/// A time as `10s`, `500ms` or `2min`; a bare number is in seconds.
public struct DurationArgument: ExpressibleByArgument, Sendable {
  /// The time.
  public let duration: Duration

  /// This time.
  public init(_ duration: Duration) {
    self.duration = duration
  }

  /// The time that a text says; `nil` if it is none, zero, or a billion units and more.
  public init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count > 0, count < 1_000_000_000 else { return nil }
    switch argument.dropFirst(digits.count) {
    case "ms": duration = .milliseconds(count)
    case "", "s": duration = .seconds(count)
    case "m", "min": duration = .seconds(60 * count)
    case "h": duration = .seconds(3600 * count)
    default: return nil
    }
  }

  /// In seconds, or in milliseconds if it is shorter than one.
  public var defaultValueDescription: String {
    duration < .seconds(1)
      ? "\(Int64(duration / .milliseconds(1)))ms" : "\(duration.components.seconds)s"
  }
}
