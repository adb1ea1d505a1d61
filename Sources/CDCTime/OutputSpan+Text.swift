/// Appends text to space that the caller has made large enough.
extension OutputSpan<UInt8> {
  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Appends a number from 0 to 99.
  mutating func append(twoDigits number: Int32) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// Appends a number that is not negative, with zeros in front up to `minDigits`.
  mutating func append(_ number: Int32, minDigits: Int) {
    var divisor: Int32 = 1
    var digits = 1
    while digits < minDigits || number / divisor >= 10 {
      divisor *= 10
      digits += 1
    }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends `HH:MM:SS` and the fraction without its trailing zeros, none at all if it is zero.
  mutating func append(timeOfDay microseconds: Int64) {
    let seconds = Int32(truncatingIfNeeded: microseconds / PostgresTimestamp.microsecondsPerSecond)
    append(twoDigits: seconds / 3600)
    append(UInt8(ascii: ":"))
    append(twoDigits: seconds / 60 % 60)
    append(UInt8(ascii: ":"))
    append(seconds: microseconds % (60 * PostgresTimestamp.microsecondsPerSecond))
  }

  /// Appends `SS` and the fraction without its trailing zeros, none at all if it is zero.
  mutating func append(seconds microseconds: Int64) {
    let seconds = Int32(truncatingIfNeeded: microseconds / PostgresTimestamp.microsecondsPerSecond)
    append(twoDigits: seconds)
    let fraction = microseconds % PostgresTimestamp.microsecondsPerSecond
    guard fraction > 0 else { return }
    var significant = Int32(truncatingIfNeeded: fraction)
    var digits = 6
    while significant % 10 == 0 {
      significant /= 10
      digits -= 1
    }
    append(UInt8(ascii: "."))
    append(significant, minDigits: digits)
  }
}
