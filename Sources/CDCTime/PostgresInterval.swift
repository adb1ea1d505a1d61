/// An `interval`: months, days and microseconds, none of which can be turned into another.
///
/// Two intervals are equal if all their parts are, so one month is not 30 days here. The server's
/// `=` treats these two as equal.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
public struct PostgresInterval: Hashable, Sendable {
  /// Months, a year being twelve of them.
  public let months: Int32
  /// Days, which need not have 24 hours.
  public let days: Int32
  /// The part below a day, or any other time that is counted exactly.
  public let microseconds: Int64

  /// The sum of three parts, each of any sign.
  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }

  /// `infinity`: since server 17; all parts have their greatest value.
  public static let infinity = PostgresInterval(months: .max, days: .max, microseconds: .max)

  /// `-infinity`: since server 17; all parts have their least value.
  public static let negativeInfinity = PostgresInterval(
    months: .min, days: .min, microseconds: .min)

  /// Whether this is not one of the infinities.
  public var isFinite: Bool { self != .infinity && self != .negativeInfinity }
}

extension PostgresInterval: CustomStringConvertible {
  /// The interval as PostgreSQL prints it with `IntervalStyle` `postgres`.
  ///
  ///     1 year 2 mons 3 days 04:05:06.7     -1 mons +1 day -00:00:01     00:00:00
  ///
  /// Servers before 17 print the infinities as ordinary intervals of 178956970 years; here they are
  /// always `infinity` and `-infinity`.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the bytes of the ``description``.
  ///
  /// - Parameter hasInfinities: Whether the greatest and the least interval are `infinity` and
  ///   `-infinity`, as on servers since 17, instead of ordinary intervals.
  public func append(to bytes: inout [UInt8], hasInfinities: Bool = true) {
    bytes.append(addingCapacity: Self.maxTextLength) { output in
      guard isFinite || !hasInfinities else {
        return output.append(self == .infinity ? "infinity" : "-infinity")
      }
      var isFirst = true
      var followsNegative = false
      for unit in Unit.allCases {
        let value = unit.value(of: self)
        guard value != 0 else { continue }
        if !isFirst { output.append(UInt8(ascii: " ")) }
        if value < 0 { output.append(UInt8(ascii: "-")) }
        if followsNegative, value > 0 { output.append(UInt8(ascii: "+")) }
        output.append(decimal: UInt64(value.magnitude))
        output.append(value == 1 ? unit.rawValue : unit.rawValue + "s")
        followsNegative = value < 0
        isFirst = false
      }
      guard isFirst || microseconds != 0 else { return }
      if !isFirst { output.append(UInt8(ascii: " ")) }
      if microseconds < 0 { output.append(UInt8(ascii: "-")) }
      if followsNegative, microseconds > 0 { output.append(UInt8(ascii: "+")) }
      let hour = UInt64(3600 * PostgresTimestamp.microsecondsPerSecond)
      let hours = microseconds.magnitude / hour
      if hours < 10 { output.append(UInt8(ascii: "0")) }
      output.append(decimal: hours)
      output.append(minutesOf: Int64(microseconds.magnitude % hour))
    }
  }

  /// `-178956970 years -8 mons +2147483647 days -2562047788:00:54.775807` has 66 bytes.
  private static let maxTextLength = 80

  /// What is printed before the time, with a space in front.
  private enum Unit: String, CaseIterable {
    case year = " year"
    case month = " mon"
    case day = " day"

    func value(of interval: PostgresInterval) -> Int32 {
      switch self {
      case .year: interval.months / 12
      case .month: interval.months % 12
      case .day: interval.days
      }
    }
  }
}

extension PostgresInterval {
  /// Reads an interval exactly as PostgreSQL prints it with `IntervalStyle` `postgres`.
  ///
  /// - Returns: `nil` for any other text. Nothing is allocated.
  public init?(_ text: Span<UInt8>) {
    var rest = text
    if rest.take(UInt8(ascii: "-")), rest.take("infinity"), rest.isEmpty {
      self = .negativeInfinity
      return
    }
    rest = text
    if rest.take("infinity"), rest.isEmpty {
      self = .infinity
      return
    }
    var reader = PartReader()
    rest = text
    let years = reader.take(" year", from: &rest)
    let months = reader.take(" mon", from: &rest)
    let days = reader.take(" day", from: &rest)
    guard let time = reader.takeTime(from: &rest), rest.isEmpty,
      (-11...11).contains(months), years.signum() * months.signum() >= 0,
      let totalMonths = Int32(exactly: years * 12 + months), let days = Int32(exactly: days)
    else { return nil }
    let interval = PostgresInterval(months: totalMonths, days: days, microseconds: time)
    self = interval
  }
}

/// Reads the parts of an interval in order; what a part may look like depends on the one before.
private struct PartReader {
  private var isFirst = true
  private var followsNegative = false

  /// Takes one part, or nothing if it isn't there as PostgreSQL prints it.
  mutating func take(_ unit: String, from text: inout Span<UInt8>) -> Int64 {
    var rest = text
    guard isFirst || rest.take(UInt8(ascii: " ")), let isNegative = takeSign(from: &rest),
      !rest.isEmpty, rest[0] != UInt8(ascii: "0"), let magnitude = rest.takeNumber(maxDigits: 10),
      rest.take(unit)
    else { return 0 }
    let value = isNegative ? -magnitude : magnitude
    guard value == 1 || rest.take(UInt8(ascii: "s")) else { return 0 }
    text = rest
    isFirst = false
    followsNegative = isNegative
    return value
  }

  /// Takes the time, which must be there if text is left or if no part came before it.
  mutating func takeTime(from text: inout Span<UInt8>) -> Int64? {
    if text.isEmpty { return isFirst ? nil : 0 }
    guard isFirst || text.take(UInt8(ascii: " ")), let isNegative = takeSign(from: &text),
      text.count >= 2
    else { return nil }
    let startsWithZero = text[0] == UInt8(ascii: "0")
    let before = text.count
    guard let hours = text.takeNumber(maxDigits: 10) else { return nil }
    let digits = before - text.count
    guard digits == 2 || digits > 2 && !startsWithZero, text.take(UInt8(ascii: ":")),
      let minutes = text.takeMinutes()
    else { return nil }
    let (whole, overflow) = hours.multipliedReportingOverflow(by: 3_600_000_000)
    guard !overflow else { return nil }
    // The magnitude of the least value fits only as a negative number.
    let magnitude = UInt64(whole) + UInt64(minutes)
    guard magnitude > 0 || isFirst && !isNegative else { return nil }
    if isNegative {
      return magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map { -$0 }
    }
    return Int64(exactly: magnitude)
  }

  /// A `-`, or a `+` where the part before was negative, or nothing.
  private func takeSign(from text: inout Span<UInt8>) -> Bool? {
    if text.take(UInt8(ascii: "-")) { return true }
    return text.take(UInt8(ascii: "+")) == followsNegative ? false : nil
  }
}

extension Span<UInt8> {
  /// Takes all digits at the front; `nil` if there are none, or more than `maxDigits`.
  fileprivate mutating func takeNumber(maxDigits: Int) -> Int64? {
    var (value, length): (Int64, Int) = (0, 0)
    while length < count {
      let digit = self[length] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      guard length < maxDigits else { return nil }
      value = value * 10 + Int64(digit)
      length += 1
    }
    guard length > 0 else { return nil }
    self = extracting(droppingFirst: length)
    return value
  }

  /// Takes `MM:SS` and a fraction, in microseconds.
  fileprivate mutating func takeMinutes() -> Int64? {
    guard let minute = takeTwoDigits(), minute < 60, take(UInt8(ascii: ":")) else { return nil }
    return takeSeconds(padded: false).map { Int64(minute) * 60_000_000 + $0 }
  }
}

extension OutputSpan<UInt8> {
  fileprivate mutating func append(decimal number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends `:MM:SS` and the fraction of less than an hour.
  fileprivate mutating func append(minutesOf microseconds: Int64) {
    append(UInt8(ascii: ":"))
    let minute = 60 * PostgresTimestamp.microsecondsPerSecond
    append(twoDigits: Int32(truncatingIfNeeded: microseconds / minute))
    append(UInt8(ascii: ":"))
    append(seconds: microseconds % minute)
  }
}
