import CDCTime

/// Small steps of reading a value.
extension Span<UInt8> {
  /// The big-endian number at an offset; the span must be long enough.
  @inline(__always) func uint64(at offset: Int) -> UInt64 {
    UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset + 4))
  }

  /// The big-endian number at an offset; the span must be long enough.
  @inline(__always) func uint16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  /// The byte at an offset, if there is one.
  @inlinable package func byte(at offset: Int) -> UInt8? {
    offset < count ? self[offset] : nil
  }

  /// Whether these are the bytes of that text.
  @inlinable package func equals(_ text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    var at = 0
    for byte in text.utf8 {
      guard self[at] == byte else { return false }
      at += 1
    }
    return true
  }

  /// Whether these bytes are those.
  @inlinable package func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  /// The number that these decimal digits are, if they are nothing else and no zero is needless.
  func wholeNumber() -> UInt64? {
    guard count <= 19 else { return wholeNumberOf20Digits() }
    var (value, at): (UInt64, Int) = (0, 0)
    if count >= 8 {
      guard let digits = EightDigits(uint64(at: 0)) else { return nil }
      (value, at) = (digits.number, 8)
    } else if count >= 4 {
      // The first four and the last four, which may be the same, behind zeros.
      let zeros: UInt64 = 0x3030_3030_3030_3030
      let front = UInt64(uint32(at: 0)) << UInt64(8 &* (count &- 4))
      let word = zeros << UInt64(8 &* count) | front | UInt64(uint32(at: count &- 4))
      guard let digits = EightDigits(word) else { return nil }
      (value, at) = (digits.number, count)
    }
    while at < count {
      let digit = self[at] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    return count == 1 || count > 0 && self[0] != UInt8(ascii: "0") ? value : nil
  }

  /// The only length at which a number may fit 64 bits or not.
  private func wholeNumberOf20Digits() -> UInt64? {
    guard count == 20, let front = extracting(first: 19).wholeNumber() else { return nil }
    let digit = self[19] &- UInt8(ascii: "0")
    let (product, overflow) = front.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
    return digit < 10 && !overflow && !carry ? sum : nil
  }

  /// Takes all decimal digits there are, unless they are too many or begin with a needless zero.
  mutating func takeWholeNumber(upTo limit: UInt64) -> UInt64? {
    var (value, length): (UInt64, Int) = (0, 0)
    while length < count {
      let digit = self[length] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry, sum <= limit else { return nil }
      value = sum
      length += 1
    }
    guard length > 0, length == 1 || self[0] != UInt8(ascii: "0") else { return nil }
    self = extracting(droppingFirst: length)
    return value
  }

  /// Takes a number of 32 bits off the front, or `nil` if there are too few bytes.
  mutating func takeInt32() -> Int32? {
    guard count >= 4 else { return nil }
    defer { self = extracting(droppingFirst: 4) }
    return Int32(bitPattern: uint32(at: 0))
  }

  /// Takes a byte off the front.
  mutating func takeByte() -> UInt8? {
    guard count >= 1 else { return nil }
    defer { self = extracting(droppingFirst: 1) }
    return self[0]
  }

  /// Takes a length of 32 bits and passes this number of bytes to `body`, or `nil` for a length of
  /// -1.
  mutating func takeSized<R>(
    _ body: (Span<UInt8>) throws(PostgresValueError) -> R
  ) throws(PostgresValueError) -> R? {
    guard let length = takeInt32(), length >= -1 else { throw .malformed }
    guard length >= 0 else { return nil }
    guard Int(length) <= count else { throw .malformed }
    let value = try body(extracting(first: Int(length)))
    self = extracting(droppingFirst: Int(length))
    return value
  }

  /// What the server's parsers of containers take for space.
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}

extension UInt8 {
  /// The value of a lower-case hexadecimal digit.
  var lowerHexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// Small steps of writing a value's text.
extension [UInt8] {
  mutating func append(ascii text: String) {
    append(contentsOf: text.utf8)
  }

  mutating func append(_ bytes: Span<UInt8>) {
    // All empty arrays are one, and its count would be written, if only as zero again.
    guard !bytes.isEmpty else { return }
    append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
  }

  mutating func append(decimal number: some FixedWidthInteger) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(number.magnitude), minDigits: 1)
  }

  /// Appends a number with zeros in front up to `minDigits`, at most 20.
  mutating func append(decimal number: UInt64, minDigits: Int) {
    append(addingCapacity: 20) { output in
      var divisor: UInt64 = 1
      var digits = 1
      while digits < minDigits || number / divisor >= 10 {
        divisor *= 10
        digits += 1
      }
      while divisor > 0 {
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
        divisor /= 10
      }
    }
  }

  mutating func append(lowerHex byte: UInt8) {
    append(lowerHexDigit(byte >> 4))
    append(lowerHexDigit(byte & 0xF))
  }
}
