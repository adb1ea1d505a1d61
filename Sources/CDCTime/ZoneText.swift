/// What the text of a time says about its distance from UTC.
enum ZoneText: Hashable {
  case absent
  /// ISO 8601's `Z`.
  case zulu
  /// Seconds east of UTC.
  case offset(Int64)

  var secondsEastOfUTC: Int64 {
    if case .offset(let seconds) = self { seconds } else { 0 }
  }

  func mayBelong(to type: PostgresTimestamp.SQLType?) -> Bool {
    switch type {
    case .timestamp: self == .absent
    case .timestamptz: self != .absent
    case nil: true
    }
  }
}

extension Span<UInt8> {
  /// Takes the zone, if there is one, in the shortest form that is exact.
  ///
  ///     iso8601   forms
  ///     false     +HH  +HH:MM  +HH:MM:SS
  ///     true      Z    +HH:MM  +HH:MM:SS
  ///
  /// Zero has the sign `+`. Hours go up to 15, PostgreSQL's `MAX_TZDISP_HOUR`.
  mutating func takeZone(iso8601: Bool) -> ZoneText? {
    if iso8601, take(UInt8(ascii: "Z")) { return .zulu }
    let isEast = take(UInt8(ascii: "+"))
    guard isEast || take(UInt8(ascii: "-")) else { return .absent }
    guard let hours = takeTwoDigits(), hours <= 15 else { return nil }
    var (minutes, seconds): (Int32, Int32) = (0, 0)
    if take(UInt8(ascii: ":")) {
      guard let value = takeTwoDigits(), value < 60 else { return nil }
      minutes = value
      if take(UInt8(ascii: ":")) {
        guard let value = takeTwoDigits(), value > 0, value < 60 else { return nil }
        seconds = value
      } else if minutes == 0, !iso8601 {
        return nil
      }
    } else if iso8601 {
      return nil
    }
    let total = Int64(hours * 3600 + minutes * 60 + seconds)
    guard isEast || total > 0 else { return nil }
    return .offset(isEast ? total : -total)
  }
}
