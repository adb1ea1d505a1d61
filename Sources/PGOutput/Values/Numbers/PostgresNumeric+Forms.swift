extension PostgresNumeric: PostgresScalar, CustomStringConvertible {
  @inlinable package static func stands(for type: BuiltinType) -> Bool { type == .numeric }

  /// Reads `-123.450`, `NaN`, `Infinity` or `-Infinity`, as the server prints them.
  public init?(postgresText text: Span<UInt8>) {
    let isNegative = text.byte(at: 0) == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    if text.count - start <= 19 {
      guard
        let number = PostgresNumeric(upTo19: text, from: start, isNegative)
          ?? PostgresNumeric(special: text)
      else { return nil }
      self = number
      return
    }
    guard let point = Self.pointOfDigits(text, from: start) else { return nil }
    let scale = max(0, text.count - point - 1)
    guard scale <= Self.maxScale else { return nil }
    guard text.count - start <= 38 else {
      var digits: [UInt8] = []
      digits.reserveCapacity(text.count)
      for index in start..<text.count where index != point { digits.append(text[index] - 48) }
      self.init(digits: digits, isNegative: isNegative, scale: scale)
      if isNegative, !self.isNegative { return nil }
      return
    }
    var (value, high, count): (UInt64, UInt128, Int) = (0, 0, 0)
    for index in start..<text.count where index != point {
      // 19 digits fit 64 bits, which are faster.
      if count == 19 { (high, value) = (UInt128(value), 0) }
      value = value &* 10 &+ UInt64(text[index] &- 48)
      count += 1
    }
    if count > 19 {
      var power: UInt64 = 1
      for _ in 19..<count { power *= 10 }
      high = high * UInt128(power) + UInt128(value)
    } else {
      high = UInt128(value)
    }
    guard high > 0 || !isNegative else { return nil }
    self.init(.small(isNegative: isNegative, high, scale: UInt16(scale)))
  }

  /// Reads a number of up to 19 characters, which 64 bits hold, in one pass.
  private init?(upTo19 text: Span<UInt8>, from start: Int, _ isNegative: Bool) {
    var (value, at, point): (UInt64, Int, Int) = (0, start, text.count)
    while at < text.count {
      let digit = text[at] &- UInt8(ascii: "0")
      if digit < 10 {
        value = value &* 10 &+ UInt64(digit)
      } else {
        guard text[at] == UInt8(ascii: "."), point == text.count, at < text.count &- 1 else {
          return nil
        }
        point = at
      }
      at &+= 1
    }
    let integers = point - start
    guard integers == 1 || integers > 1 && text[start] != UInt8(ascii: "0"),
      value > 0 || !isNegative
    else { return nil }
    let scale = UInt16(truncatingIfNeeded: max(0, text.count - point - 1))
    self.init(.small(isNegative: isNegative, UInt128(value), scale: scale))
  }

  /// Checks that a text has digits and no needless zero, and finds its point.
  ///
  /// - Returns: Where the point is, or the text's length; `nil` for what is no number.
  private static func pointOfDigits(_ text: Span<UInt8>, from start: Int) -> Int? {
    var point: Int?
    for index in start..<text.count {
      if text[index] == UInt8(ascii: "."), point == nil {
        point = index
      } else if text[index] &- UInt8(ascii: "0") >= 10 {
        return nil
      }
    }
    let end = point ?? text.count
    guard end > start, end == start + 1 || text[start] != UInt8(ascii: "0") else { return nil }
    return end == text.count - 1 ? nil : end
  }

  private init?(special text: Span<UInt8>) {
    if text.equals("NaN") {
      self = .nan
    } else if text.equals("Infinity") {
      self = .infinity
    } else if text.equals("-Infinity") {
      self = .negativeInfinity
    } else {
      return nil
    }
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    switch storage {
    case .nan: bytes.append(ascii: "NaN")
    case .infinity: bytes.append(ascii: "Infinity")
    case .negativeInfinity: bytes.append(ascii: "-Infinity")
    case .small(let isNegative, let value, let scale):
      if isNegative { bytes.append(UInt8(ascii: "-")) }
      let start = bytes.count
      let (high, low) = value.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
      let minDigits = Int(scale) + 1
      if high > 0 {
        bytes.append(zeros: minDigits - 38)
        bytes.append(
          decimal: UInt64(truncatingIfNeeded: high), minDigits: min(19, max(1, minDigits - 19)))
        bytes.append(decimal: UInt64(truncatingIfNeeded: low), minDigits: 19)
      } else {
        bytes.append(zeros: minDigits - 19)
        bytes.append(decimal: UInt64(truncatingIfNeeded: low), minDigits: min(19, minDigits))
      }
      bytes.insertPoint(scale, after: start)
    case .large(let isNegative, let digits, let scale):
      if isNegative { bytes.append(UInt8(ascii: "-")) }
      let start = bytes.count
      bytes.append(zeros: Int(scale) + 1 - digits.count)
      for digit in digits { bytes.append(UInt8(ascii: "0") + digit) }
      bytes.insertPoint(scale, after: start)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(zeros count: Int) {
    guard count > 0 else { return }
    append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count))
  }

  fileprivate mutating func insertPoint(_ scale: UInt16, after start: Int) {
    guard scale > 0 else { return }
    insert(UInt8(ascii: "."), at: count - Int(scale))
  }
}

extension PostgresNumeric {
  /// Reads what the server sends.
  ///
  ///     count 2 | weight 2 | sign 2 | scale 2 | count × digit of base 10000, 2
  ///     value = Σ digit[i] × 10000^(weight - i)
  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count >= 8, bytes.count == 8 + 2 * Int(bytes.uint16(at: 0)) else { return nil }
    let count = (bytes.count - 8) / 2
    let weight = Int(Int16(bitPattern: bytes.uint16(at: 2)))
    let scale = Int(bytes.uint16(at: 6))
    let sign = bytes.uint16(at: 4)
    switch sign {
    case 0xC000 where count == 0: self = .nan
    case 0xD000 where count == 0: self = .infinity
    case 0xF000 where count == 0: self = .negativeInfinity
    case 0, 0x4000:
      guard scale <= Self.maxScale, count > 0 || sign == 0 else { return nil }
      // What the last group is short of the scale, or beyond it.
      let shift = count == 0 ? 0 : scale + 4 * (weight - count + 1)
      guard count > 0, 4 * count + max(0, shift) > 38 else {
        guard let value = Self.smallValue(bytes, count: count, shift: shift),
          value > 0 || sign == 0
        else { return nil }
        self.init(.small(isNegative: sign != 0, value, scale: UInt16(scale)))
        return
      }
      self.init(largeBinary: bytes, count: count, shift: shift, isNegative: sign != 0, scale: scale)
    default: return nil
    }
  }

  private static func smallValue(_ bytes: Span<UInt8>, count: Int, shift: Int) -> UInt128? {
    // 19 digits fit 64 bits, which are faster.
    4 * count + max(0, shift) <= 19 && shift > -19
      ? value(of: bytes, count: count, shift: shift, UInt64.self).map { UInt128($0) }
      : value(of: bytes, count: count, shift: shift, UInt128.self)
  }

  /// The digits as a number that is known to fit.
  private static func value<Number: FixedWidthInteger & UnsignedInteger>(
    of bytes: Span<UInt8>, count: Int, shift: Int, _: Number.Type
  ) -> Number? {
    var value: Number = 0
    for index in 0..<count {
      let group = bytes.uint16(at: 8 + 2 * index)
      guard group < 10_000 else { return nil }
      value = value * 10_000 + Number(truncatingIfNeeded: group)
    }
    var power: Number = 1
    for _ in 0..<min(38, abs(shift)) { power *= 10 }
    if shift >= 0 { return value * power }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: power)
    return remainder == 0 ? quotient : nil
  }

  private init?(
    largeBinary bytes: Span<UInt8>, count: Int, shift: Int, isNegative: Bool, scale: Int
  ) {
    var digits: [UInt8] = []
    digits.reserveCapacity(4 * count + max(0, shift))
    for index in 0..<count {
      let group = bytes.uint16(at: 8 + 2 * index)
      guard group < 10_000 else { return nil }
      for divisor in [1000, 100, 10, 1] as [UInt16] {
        digits.append(UInt8(truncatingIfNeeded: group / divisor % 10))
      }
    }
    if shift >= 0 {
      digits.append(contentsOf: repeatElement(0, count: shift))
    } else {
      let beyond = min(digits.count, -shift)
      guard digits.suffix(beyond).allSatisfy({ $0 == 0 }) else { return nil }
      digits.removeLast(beyond)
    }
    self.init(digits: digits, isNegative: isNegative, scale: scale)
    if isNegative, !self.isNegative { return nil }
  }
}
