public import ArgumentParser

/// A number of bytes: `8388608`, `64kB`, `8MiB`; `k`, `M` and `G` are thousands, with `i` 1024s.
public struct ByteCountArgument: ExpressibleByArgument, Sendable {
  /// The number.
  public let bytes: Int

  /// This number of bytes.
  public init(_ bytes: Int) {
    self.bytes = bytes
  }

  /// The number that a text says; `nil` if it is none, or too large for an `Int`.
  public init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits) else { return nil }
    let scale: Int
    switch argument.dropFirst(digits.count).lowercased() {
    case "", "b": scale = 1
    case "k", "kb": scale = 1000
    case "ki", "kib": scale = 1 << 10
    case "m", "mb": scale = 1_000_000
    case "mi", "mib": scale = 1 << 20
    case "g", "gb": scale = 1_000_000_000
    case "gi", "gib": scale = 1 << 30
    default: return nil
    }
    let (bytes, overflows) = count.multipliedReportingOverflow(by: scale)
    guard !overflows else { return nil }
    self.bytes = bytes
  }

  /// With the largest unit that leaves a whole number.
  public var defaultValueDescription: String {
    for (scale, unit) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    where bytes >= scale && bytes % scale == 0 {
      return "\(bytes / scale)\(unit)"
    }
    return "\(bytes)"
  }
}
