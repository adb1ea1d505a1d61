/// A `float8`, or a `float4`, which fits.
///
/// A `float4` read as text gives the same value as read in binary: that of the nearest `Float`.
extension Double: PostgresDecodable, PostgresTextConvertible {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    switch type {
    case .builtin(.float8):
      guard let value = Double(parsing: text) else { throw .malformed }
      self = value
    case .builtin(.float4): self = Double(try Float(postgresText: text, type: type))
    default: throw .wrongType
    }
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    switch type {
    case .builtin(.float8):
      guard bytes.count == 8 else { throw .malformed }
      self = Double(bitPattern: bytes.uint64(at: 0))
    case .builtin(.float4): self = Double(try Float(postgresBinary: bytes, type: type))
    default: throw .wrongType
    }
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(self, fixedDigits: 15)
  }
}

/// A `float4`; a `float8` is too wide for it.
extension Float: PostgresDecodable, PostgresTextConvertible {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard case .builtin(.float4) = type else { throw .wrongType }
    guard let value = Float(parsing: text) else { throw .malformed }
    self = value
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard case .builtin(.float4) = type else { throw .wrongType }
    guard bytes.count == 4 else { throw .malformed }
    self = Float(bitPattern: bytes.uint32(at: 0))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(self, fixedDigits: 6)
  }
}

extension Double {
  /// Reads what PostgreSQL prints, rounding to the nearest.
  init?(parsing text: Span<UInt8>) {
    guard let number = FloatText(text) else {
      guard let special = Double(special: text) else { return nil }
      self = special
      return
    }
    let magnitude: Double
    if number.mantissa < 1 << 53, abs(number.exponent) <= 22 {
      let power = FloatText.powersOfTen[abs(number.exponent)]
      let mantissa = Double(number.mantissa)
      magnitude = number.exponent < 0 ? mantissa / power : mantissa * power
    } else if let (bits, exponent) = number.scaled {
      magnitude = Double(sign: .plus, exponent: exponent, significand: Double(bits))
    } else {
      // So far from 1 that 128 bits don't hold it, which is rare enough to make a string.
      guard let value = Double("\(number.mantissa)e\(number.exponent)"), value.isFinite else {
        return nil
      }
      magnitude = value
    }
    self = number.isNegative ? -magnitude : magnitude
  }
}

extension Float {
  /// Reads what PostgreSQL prints, rounding to the nearest once.
  init?(parsing text: Span<UInt8>) {
    guard let number = FloatText(text) else {
      guard let special = Float(special: text) else { return nil }
      self = special
      return
    }
    let magnitude: Float
    if number.mantissa == 0 {
      magnitude = 0
    } else if let (bits, exponent) = number.scaled {
      magnitude = Float(sign: .plus, exponent: exponent, significand: Float(bits))
    } else {
      guard let value = Float("\(number.mantissa)e\(number.exponent)") else { return nil }
      magnitude = value
    }
    guard magnitude.isFinite else { return nil }
    self = number.isNegative ? -magnitude : magnitude
  }
}

extension BinaryFloatingPoint {
  /// Reads one of those that aren't finite.
  fileprivate init?(special text: Span<UInt8>) {
    if text.equals("NaN") {
      self = .nan
    } else if text.equals("Infinity") {
      self = .infinity
    } else if text.equals("-Infinity") {
      self = -.infinity
    } else {
      return nil
    }
  }
}
