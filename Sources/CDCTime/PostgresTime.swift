/// A `time`: microseconds since midnight, up to `24:00:00`, which is not `00:00:00`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
public struct PostgresTime: Hashable, Comparable, Sendable {
  /// Microseconds since midnight: 0 to 86 400 000 000.
  public let microseconds: Int64

  /// The time this number of microseconds after midnight.
  ///
  /// - Returns: `nil` for less than 0 or more than a day.
  public init?(microseconds: Int64) {
    guard (0...PostgresTimestamp.microsecondsPerDay).contains(microseconds) else { return nil }
    self.microseconds = microseconds
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.microseconds < right.microseconds
  }
}

extension PostgresTime: CustomStringConvertible {
  /// Reads a time exactly as PostgreSQL prints it: `13:14:15.5`, `24:00:00`.
  ///
  /// - Returns: `nil` for any other text. Nothing is allocated.
  public init?(_ text: Span<UInt8>) {
    var rest = text
    guard let time = PostgresTime(taking: &rest), rest.isEmpty else { return nil }
    self = time
  }

  /// Takes a time off the front of a text.
  init?(taking text: inout Span<UInt8>) {
    if text.take("24:00:00") {
      microseconds = PostgresTimestamp.microsecondsPerDay
    } else if let time = text.takeTimeOfDay(padded: false) {
      microseconds = time
    } else {
      return nil
    }
  }

  /// The time as PostgreSQL prints it.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the bytes of the ``description``.
  public func append(to bytes: inout [UInt8]) {
    // "13:14:15.123456" has 15 bytes.
    bytes.append(addingCapacity: 16) { $0.append(timeOfDay: microseconds) }
  }
}

/// A `timetz`: a time of day with the offset from UTC that it was written with.
///
/// Two values are equal if both parts are: `12:00:00+00` is not `13:00:00+01`, although they are
/// the same moment. PostgreSQL distinguishes them too.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
public struct PostgresTimeTZ: Hashable, Sendable {
  /// The local time.
  public let time: PostgresTime
  /// The offset of that local time, positive east of Greenwich: 3600 for `+01`.
  public let secondsEastOfUTC: Int32

  /// A time with its offset.
  ///
  /// - Returns: `nil` for an offset of 16 hours or more, which the server doesn't have.
  public init?(time: PostgresTime, secondsEastOfUTC: Int32) {
    guard secondsEastOfUTC > -57_600, secondsEastOfUTC < 57_600 else { return nil }
    self.time = time
    self.secondsEastOfUTC = secondsEastOfUTC
  }
}

extension PostgresTimeTZ: CustomStringConvertible {
  /// Reads a time exactly as PostgreSQL prints it: `13:14:15+02:30`, `24:00:00+00`.
  ///
  /// - Returns: `nil` for any other text. Nothing is allocated.
  public init?(_ text: Span<UInt8>) {
    var rest = text
    guard let time = PostgresTime(taking: &rest),
      case .offset(let seconds)? = rest.takeZone(iso8601: false), rest.isEmpty
    else { return nil }
    self.init(time: time, secondsEastOfUTC: Int32(truncatingIfNeeded: seconds))
  }

  /// The time as PostgreSQL prints it.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the bytes of the ``description``.
  public func append(to bytes: inout [UInt8]) {
    // "13:14:15.123456-12:34:56" has 24 bytes.
    bytes.append(addingCapacity: 24) { output in
      output.append(timeOfDay: time.microseconds)
      output.append(secondsEastOfUTC < 0 ? "-" : "+")
      let seconds = abs(secondsEastOfUTC)
      output.append(twoDigits: seconds / 3600)
      guard seconds % 3600 > 0 else { return }
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: seconds / 60 % 60)
      guard seconds % 60 > 0 else { return }
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: seconds % 60)
    }
  }
}
