#if Foundation
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// A `numeric`, with the package's trait `Foundation`.
  ///
  /// What a `Decimal` can't hold without loss is ``PostgresValueError/outOfRange``: NaN, the
  /// infinities, more than 38 digits between the first and the last that is not zero, and digits
  /// too far from the point. Zeros at the end are not kept: `12.50` is `12.5`.
  extension Decimal: PostgresDecodable, PostgresTextConvertible {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      try self.init(held: try PostgresNumeric(postgresText: text, type: type))
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      try self.init(held: try PostgresNumeric(postgresBinary: bytes, type: type))
    }

    public func appendPostgresText(to bytes: inout [UInt8]) {
      PostgresNumeric(self).appendPostgresText(to: &bytes)
    }

    private init(held number: PostgresNumeric) throws(PostgresValueError) {
      guard let value = Decimal(exactly: number) else { throw .outOfRange }
      self = value
    }
  }

  extension Decimal {
    /// The same number; `nil` for NaN, the infinities, and what has too many digits.
    ///
    /// With the package's trait `Foundation`.
    public init?(exactly number: PostgresNumeric) {
      guard number.isFinite else { return nil }
      var digits = number.digits
      var exponent = -number.scale
      while digits.last == 0 {
        digits.removeLast()
        exponent += 1
      }
      guard !digits.isEmpty else {
        self = Decimal()
        return
      }
      while exponent > Self.exponents.upperBound, digits.count < Self.mostDigits {
        digits.append(0)
        exponent -= 1
      }
      guard digits.count <= Self.mostDigits, Self.exponents.contains(exponent) else { return nil }
      var text = number.isNegative ? "-" : ""
      for digit in digits {
        text.unicodeScalars.append(Unicode.Scalar(UInt8(ascii: "0") + digit))
      }
      text += "e\(exponent)"
      guard let value = Decimal(string: text) else { return nil }
      self = value
    }

    /// How many decimal digits fit, whatever they are.
    private static var mostDigits: Int { 38 }

    /// The powers of ten that the digits can be multiplied by.
    private static var exponents: ClosedRange<Int> { -128...127 }
  }

  extension PostgresNumeric {
    /// The same number.
    ///
    /// With the package's trait `Foundation`.
    public init(_ number: Decimal) {
      // A description is what the server would print: digits, a point, NaN.
      self = PostgresNumeric(postgresText: number.description) ?? .nan
    }
  }
#endif
