import CDCTime

/// Times as Debezium counts and prints them.
extension PostgresDate {
  /// Days since 1970-01-01; the infinities are the days that Debezium has for them.
  var debeziumDays: Int32 {
    switch self {
    case .infinity: -2_147_472_692
    case .negativeInfinity: -2_147_472_691
    default: daysSince2000 + 10_957
    }
  }
}

extension PostgresTimestamp {
  /// Microseconds since 1970-01-01; the infinities are the times that Debezium has for them.
  ///
  /// `nil` for the last thirty years of the server's range, which don't fit.
  var debeziumMicroseconds: Int64? {
    switch self {
    case .infinity: return 9_223_372_036_825_200_000
    case .negativeInfinity: return -9_223_372_036_832_400_000
    default:
      let (micros, overflow) = microseconds.addingReportingOverflow(postgresEpochMicros)
      return overflow ? nil : micros
    }
  }
}

extension PostgresInterval {
  /// The length in microseconds, about: a month is a twelfth of 365.25 days.
  ///
  /// It is calculated in floating point, as in Debezium, so that the result is the same. An
  /// interval that is too long, and an infinity, is the greatest or least number.
  var debeziumMicroseconds: Int64 {
    guard isFinite else { return self == .infinity ? .max : .min }
    let minutes = microseconds / 60_000_000
    let rest = microseconds % 60_000_000
    let seconds = Double(rest / 1_000_000) + Double(rest % 1_000_000) / 1_000_000
    let days = Double(months) * (365.25 / 12) + Double(days)
    let hours = days * 24 + Double(minutes / 60)
    let micros = ((hours * 60 + Double(minutes % 60)) * 60 + seconds) * 1e6
    return Int64(exactly: micros.rounded(.towardZero)) ?? (micros < 0 ? .min : .max)
  }
}

extension Int64 {
  /// Division that rounds toward the past.
  func floored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension OutputBuffer {
  /// Appends a time as in ISO 8601, in UTC: `"2024-01-02T03:04:05.500000Z"`.
  ///
  /// - Parameters:
  ///   - text: A `timestamptz` as the server prints it.
  ///   - digits: How many of a second are printed, 0 to 6.
  mutating func append(debeziumTime text: Span<UInt8>, digits: Int) throws(UnexpectedText) {
    let start = count
    append(UInt8(ascii: "\""))
    var isShort = false
    append(addingCapacity: PostgresTimestamp.maxISO8601Count) {
      isShort = PostgresTimestamp.appendISO8601(
        ofText: text, as: .timestamptz, fractionDigits: digits, to: &$0)
    }
    if isShort { return append(UInt8(ascii: "\"")) }
    truncate(to: start)
    guard let time = PostgresTimestamp(text, as: .timestamptz) else { throw UnexpectedText() }
    append(debezium: time, digits: digits)
  }

  /// Appends a time as in ISO 8601, in UTC.
  ///
  /// Years are counted through zero, so that 44 BC is `-0043`; those after 9999 have a sign.
  private mutating func append(debezium time: PostgresTimestamp, digits: Int) {
    guard time.isFinite else {
      return append(json: time == .infinity ? #""infinity""# : #""-infinity""#)
    }
    let day: Int64 = 86_400_000_000
    let days = time.microseconds.floored(by: day)
    let date = CivilDate(daysSince2000: Int32(truncatingIfNeeded: days))
    append(UInt8(ascii: "\""))
    if date.year < 0 { append(UInt8(ascii: "-")) }
    if date.year > 9999 { append(UInt8(ascii: "+")) }
    append(Int64(date.year.magnitude), minDigits: 4)
    append(UInt8(ascii: "-"))
    append(Int64(date.month), minDigits: 2)
    append(UInt8(ascii: "-"))
    append(Int64(date.day), minDigits: 2)
    append(UInt8(ascii: "T"))
    append(timeOfDay: time.microseconds - days * day, digits: digits)
    append(json: #"Z""#)
  }

  /// Appends a time of day in UTC: `"10:15:30.5Z"`, with as many digits as it needs.
  ///
  /// The day in UTC, which may be another one, is not given.
  mutating func append(debezium time: PostgresTimeTZ) {
    let day: Int64 = 86_400_000_000
    var micros = time.time.microseconds - Int64(time.secondsEastOfUTC) * 1_000_000
    // 24:00 stays what it is, where no zone moves it.
    if time.secondsEastOfUTC != 0 { micros -= micros.floored(by: day) * day }
    var (digits, fraction) = (6, micros % 1_000_000)
    while digits > 0, fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    append(UInt8(ascii: "\""))
    append(timeOfDay: micros, digits: digits)
    append(json: #"Z""#)
  }

  private mutating func append(timeOfDay micros: Int64, digits: Int) {
    append(micros / 3_600_000_000, minDigits: 2)
    append(UInt8(ascii: ":"))
    append(micros / 60_000_000 % 60, minDigits: 2)
    append(UInt8(ascii: ":"))
    append(micros / 1_000_000 % 60, minDigits: 2)
    let digits = Swift.min(Swift.max(digits, 0), DebeziumPrecision.maxDigits)
    guard digits > 0 else { return }
    append(UInt8(ascii: "."))
    var divisor: Int64 = 1
    for _ in digits..<DebeziumPrecision.maxDigits { divisor *= 10 }
    append(micros % 1_000_000 / divisor, minDigits: digits)
  }

  /// Appends a number that is not negative, with zeros in front up to `minDigits`, eight at most.
  private mutating func append(_ number: Int64, minDigits: Int) {
    var power: Int64 = 1
    for _ in 0..<minDigits { power *= 10 }
    guard number < power else { return append(decimal: number) }
    makeRoom(for: 8)
    put(number, digits: minDigits)
  }
}
