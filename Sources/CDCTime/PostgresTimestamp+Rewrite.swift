extension PostgresTimestamp {
  /// The most bytes that ``appendISO8601(ofText:as:fractionDigits:to:)`` appends.
  package static let maxISO8601Count = 27

  /// Appends ISO 8601 for a text as PostgreSQL prints it: the short way, without arithmetic, for
  /// times of the years 1 to 9999 whose zone is UTC.
  ///
  /// - Parameters:
  ///   - fractionDigits: How many digits of a second to print, 0 to 6; by default those that the
  ///     text has.
  ///   - output: Takes up to ``maxISO8601Count`` bytes.
  /// - Returns: False, with nothing appended, for every other time and for what is not a time.
  package static func appendISO8601(
    ofText text: Span<UInt8>, as type: SQLType, fractionDigits: Int? = nil,
    to output: inout OutputSpan<UInt8>
  ) -> Bool {
    let zoneCount = type == .timestamptz ? 3 : 0
    let end = text.count - zoneCount
    guard end >= 19, end <= 26, isTime(text.extracting(first: 19)) else { return false }
    if type == .timestamptz {
      guard text[end] == UInt8(ascii: "+"), text[end + 1] == UInt8(ascii: "0"),
        text[end + 2] == UInt8(ascii: "0")
      else { return false }
    }
    guard isFraction(text.extracting(19..<end)) else { return false }
    for index in 0..<19 { output.append(index == 10 ? UInt8(ascii: "T") : text[index]) }
    let digits = fractionDigits ?? max(0, end - 20)
    if digits > 0 {
      output.append(UInt8(ascii: "."))
      for index in 20..<20 + digits {
        output.append(index < end ? text[index] : UInt8(ascii: "0"))
      }
    }
    if type == .timestamptz { output.append(UInt8(ascii: "Z")) }
    return true
  }

  /// Whether 19 bytes are `YYYY-MM-DD HH:MM:SS` of a day that the calendar has.
  private static func isTime(_ text: Span<UInt8>) -> Bool {
    guard text.count == 19, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] == UInt8(ascii: " "), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":")
    else { return false }
    let (century, year) = (text.twoDigits(at: 0), text.twoDigits(at: 2))
    let (month, day) = (text.twoDigits(at: 5), text.twoDigits(at: 8))
    let (hour, minute, second) = (
      text.twoDigits(at: 11), text.twoDigits(at: 14), text.twoDigits(at: 17)
    )
    guard century < 100, year < 100, century + year > 0, hour < 24, minute < 60, second < 60 else {
      return false
    }
    return CivilDate(year: century * 100 + year, month: month, day: day) != nil
  }

  /// Whether this is empty, or a point and one to six digits of which the last is not zero.
  private static func isFraction(_ text: Span<UInt8>) -> Bool {
    guard !text.isEmpty else { return true }
    guard text.count >= 2, text.count <= 7, text[0] == UInt8(ascii: "."),
      text[text.count - 1] != UInt8(ascii: "0")
    else { return false }
    for index in 1..<text.count where text[index] &- UInt8(ascii: "0") >= 10 { return false }
    return true
  }
}

extension Span<UInt8> {
  /// The number that two digits stand for; 100 or more if they are not digits.
  @inline(__always) fileprivate func twoDigits(at offset: Int) -> Int32 {
    let (tens, ones) = (self[offset] &- UInt8(ascii: "0"), self[offset + 1] &- UInt8(ascii: "0"))
    return tens < 10 && ones < 10 ? Int32(tens &* 10 &+ ones) : 100
  }
}
