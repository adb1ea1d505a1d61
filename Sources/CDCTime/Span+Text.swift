/// A `Span` of text is its own cursor: a method takes what it reads off the front.
///
/// A method that returns `nil` has found something else there; the caller then refuses the whole
/// text.
extension Span<UInt8> {
  /// Takes this byte if it is at the front, and returns whether it was.
  package mutating func take(_ byte: UInt8) -> Bool {
    guard !isEmpty, self[0] == byte else { return false }
    self = extracting(droppingFirst: 1)
    return true
  }

  /// Takes this text if it is at the front, and returns whether it was.
  package mutating func take(_ text: String) -> Bool {
    var length = 0
    for byte in text.utf8 {
      guard length < count, self[length] == byte else { return false }
      length += 1
    }
    self = extracting(droppingFirst: length)
    return true
  }

  /// Takes all decimal digits at the front, if their number is in `counts`.
  ///
  /// `counts` never goes beyond nine, so the value fits.
  mutating func takeDigits(_ counts: ClosedRange<Int>) -> (value: Int32, count: Int)? {
    var (value, length): (Int32, Int) = (0, 0)
    while length < count {
      let digit = self[length] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      guard length < counts.upperBound else { return nil }
      value = value * 10 + Int32(digit)
      length += 1
    }
    guard counts.contains(length) else { return nil }
    self = extracting(droppingFirst: length)
    return (value, length)
  }

  mutating func takeTwoDigits() -> Int32? {
    guard count >= 2 else { return nil }
    let (tens, ones) = (self[0] &- UInt8(ascii: "0"), self[1] &- UInt8(ascii: "0"))
    guard tens < 10, ones < 10 else { return nil }
    self = extracting(droppingFirst: 2)
    return Int32(tens * 10 + ones)
  }

  /// Takes a year from 1 on, which has more than four digits only if it needs them.
  ///
  /// - Parameter maxDigits: 6 for times, 7 for dates, which go further.
  mutating func takeYear(maxDigits: Int = 6) -> Int32? {
    let first = isEmpty ? 0 : self[0]
    guard let year = takeDigits(4...maxDigits), year.value > 0 else { return nil }
    return year.count == 4 || first != UInt8(ascii: "0") ? year.value : nil
  }

  /// Takes `HH:MM:SS` and a fraction, in microseconds.
  ///
  /// - Parameter padded: Whether the fraction may end in zeros.
  mutating func takeTimeOfDay(padded: Bool) -> Int64? {
    guard let hour = takeTwoDigits(), hour < 24, take(UInt8(ascii: ":")),
      let minute = takeTwoDigits(), minute < 60, take(UInt8(ascii: ":")),
      let seconds = takeSeconds(padded: padded)
    else { return nil }
    return Int64(hour * 3600 + minute * 60) * PostgresTimestamp.microsecondsPerSecond + seconds
  }

  /// Takes `SS` and a fraction, in microseconds.
  mutating func takeSeconds(padded: Bool) -> Int64? {
    guard let second = takeTwoDigits(), second < 60 else { return nil }
    let micros = Int64(second) * PostgresTimestamp.microsecondsPerSecond
    guard take(UInt8(ascii: ".")) else { return micros }
    var (value, unit, length): (Int64, Int64, Int) = (0, 1_000_000, 0)
    while length < count {
      let digit = self[length] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      // A seventh digit would be less than a microsecond.
      guard length < 6 else { return nil }
      value = value &* 10 &+ Int64(digit)
      unit /= 10
      length &+= 1
    }
    guard length > 0, padded || self[length - 1] != UInt8(ascii: "0") else { return nil }
    self = extracting(droppingFirst: length)
    return micros + value * unit
  }
}
