/// A `numeric`: a decimal number with all its digits, or NaN, or one of the infinities.
///
/// The scale, which is the number of digits after the point, is part of what PostgreSQL stores and
/// prints, but not of the value: `1.0` and `1.00` are equal, hash alike and differ in their
/// `description`. As on the server NaN equals itself and is greater than everything else. Up to
/// 38 digits are held without allocating.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-numeric.html>
public struct PostgresNumeric: Sendable {
  let storage: Storage

  enum Storage: Sendable {
    /// The digits as one number below 10^38; zero is never negative.
    case small(isNegative: Bool, UInt128, scale: UInt16)
    /// The digits 0 to 9 one by one, 39 or more, the first not zero.
    case large(isNegative: Bool, [UInt8], scale: UInt16)
    case nan
    case infinity
    case negativeInfinity
  }

  init(_ storage: Storage) {
    self.storage = storage
  }

  /// A number of up to 38 digits with this number of digits after the point: 12345, 2 is 123.45.
  ///
  /// - Returns: `nil` for more digits, or a scale beyond the server's 16383.
  public init?(unscaled digits: Int128, scale: Int) {
    guard digits.magnitude < Self.smallLimit, (0...Self.maxScale).contains(scale) else {
      return nil
    }
    self.init(.small(isNegative: digits < 0, digits.magnitude, scale: UInt16(scale)))
  }

  /// A whole number.
  public init(_ number: some FixedWidthInteger & SignedInteger) {
    let magnitude = UInt128(truncatingIfNeeded: number.magnitude)
    guard number.bitWidth <= 64 || magnitude < Self.smallLimit else {
      self.init(digits: String(magnitude).utf8.map { $0 - 48 }, isNegative: number < 0, scale: 0)
      return
    }
    self.init(.small(isNegative: number < 0, magnitude, scale: 0))
  }

  /// `NaN`: not a number.
  public static let nan = PostgresNumeric(.nan)

  /// `Infinity`: since server 14.
  public static let infinity = PostgresNumeric(.infinity)

  /// `-Infinity`: since server 14.
  public static let negativeInfinity = PostgresNumeric(.negativeInfinity)

  /// Digits after the point, including zeros; 0 for NaN and the infinities.
  public var scale: Int {
    switch storage {
    case .small(_, _, let scale), .large(_, _, let scale): Int(scale)
    default: 0
    }
  }

  /// Whether this is a number, neither NaN nor infinite.
  public var isFinite: Bool {
    switch storage {
    case .small, .large: true
    default: false
    }
  }

  /// Whether this is NaN.
  public var isNaN: Bool {
    if case .nan = storage { true } else { false }
  }

  /// Whether the number is below zero.
  public var isNegative: Bool {
    switch storage {
    case .small(let isNegative, _, _), .large(let isNegative, _, _): isNegative
    case .negativeInfinity: true
    case .nan, .infinity: false
    }
  }

  /// 10^38, which 128 bits can hold three times.
  static let smallLimit: UInt128 = 100_000_000_000_000_000_000_000_000_000_000_000_000
  /// `NUMERIC_MAX_SCALE` of a value, which is more than a column can be declared with.
  static let maxScale = 16383
}

extension PostgresNumeric {
  /// A finite number of any digits, in the storage that it belongs in.
  init(digits: [UInt8], isNegative: Bool, scale: Int) {
    let significant = digits.drop { $0 == 0 }
    if significant.count <= 38 {
      var value: UInt128 = 0
      for digit in significant { value = value * 10 + UInt128(digit) }
      self.init(.small(isNegative: isNegative && value > 0, value, scale: UInt16(scale)))
    } else {
      self.init(.large(isNegative: isNegative, Array(significant), scale: UInt16(scale)))
    }
  }

  /// The digits from the first that isn't zero on; none for zero and what isn't finite.
  var digits: [UInt8] {
    switch storage {
    case .small(_, 0, _): []
    case .small(_, let value, _): String(value).utf8.map { $0 - 48 }
    case .large(_, let digits, _): digits
    default: []
    }
  }
}
