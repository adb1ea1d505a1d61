internal import CDCTime
internal import PGOutput

/// The value of one column of a key, in a form that can be compared.
enum KeyValue: Hashable, Sendable {
  case boolean(Bool)
  case integer(Int64)
  /// Never -0, and one NaN only.
  case float(Double)
  case numeric(PostgresNumeric)
  case uuid(PostgresUUID)
  case date(PostgresDate)
  case time(PostgresTime)
  case timeWithZone(PostgresTimeTZ)
  case timestamp(PostgresTimestamp)
  case macAddress(PostgresMACAddress)
  case singleByte(UInt8)
  /// `bytea`, or text that is ordered by its bytes.
  case bytes([UInt8])
  /// The text of a value of which only the server knows the order.
  case opaque([UInt8])

  /// How two values of a column stand to each other; `nil` if only the server knows.
  func compare(_ other: KeyValue) -> KeyOrder? {
    switch (self, other) {
    case (.boolean(let left), .boolean(let right)): KeyOrder(left ? 1 : 0, right ? 1 : 0)
    case (.integer(let left), .integer(let right)): KeyOrder(left, right)
    case (.float(let left), .float(let right)): Self.order(left, right)
    case (.numeric(let left), .numeric(let right)): KeyOrder(left, right)
    case (.uuid(let left), .uuid(let right)): KeyOrder(left, right)
    case (.date(let left), .date(let right)): KeyOrder(left, right)
    case (.time(let left), .time(let right)): KeyOrder(left, right)
    case (.timeWithZone(let left), .timeWithZone(let right)): Self.order(left, right)
    case (.timestamp(let left), .timestamp(let right)): KeyOrder(left, right)
    case (.macAddress(let left), .macAddress(let right)): KeyOrder(left.bits, right.bits)
    case (.singleByte(let left), .singleByte(let right)): KeyOrder(left, right)
    case (.bytes(let left), .bytes(let right)):
      left == right ? .same : left.lexicographicallyPrecedes(right) ? .before : .after
    // Equal bytes are equal in every order, different ones need not be different.
    case (.opaque(let left), .opaque(let right)): left == right ? .same : nil
    default: nil
    }
  }

  private static func order(_ left: Double, _ right: Double) -> KeyOrder {
    if left.isNaN || right.isNaN { return KeyOrder(left.isNaN ? 1 : 0, right.isNaN ? 1 : 0) }
    return KeyOrder(left, right)
  }

  /// `timetz_cmp_internal`.
  private static func order(_ left: PostgresTimeTZ, _ right: PostgresTimeTZ) -> KeyOrder {
    func moment(_ value: PostgresTimeTZ) -> Int64 {
      value.time.microseconds.subtractingSaturating(Int64(value.secondsEastOfUTC) * 1_000_000)
    }
    let order = KeyOrder(moment(left), moment(right))
    guard order == .same else { return order }
    return KeyOrder(right.secondsEastOfUTC, left.secondsEastOfUTC)
  }
}

/// Where a value stands beside another.
enum KeyOrder: Hashable, Sendable {
  case before
  case same
  case after

  init<Value: Comparable>(_ left: Value, _ right: Value) {
    self = left < right ? .before : right < left ? .after : .same
  }
}
