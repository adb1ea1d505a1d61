import CDCTime

/// The text of IPv6 addresses, as the server prints it.
///
/// The longest run of two or more zero groups is `::`, the first if there are several. An address
/// that wraps one of IPv4 ends in that: `::ffff:10.0.0.1`, `::10.0.0.1`.
enum IPv6Text {
  static func append(_ address: UInt128, to output: inout some ByteSink) {
    let zeros = longestZeros(address)
    var index = 0
    while index < 8 {
      if let zeros, index == zeros.lowerBound {
        output.append(UInt8(ascii: ":"))
        index = zeros.upperBound
        if index == 8 { output.append(UInt8(ascii: ":")) }
        continue
      }
      if index > 0 { output.append(UInt8(ascii: ":")) }
      if index == 6, let zeros, zeros.lowerBound == 0,
        zeros.count == 6 || zeros.count == 5 && group(address, 5) == 0xFFFF
      {
        output.append(ipv4: UInt32(truncatingIfNeeded: address))
        return
      }
      output.append(hex: group(address, index))
      index += 1
    }
  }

  /// Reads any text of an address; not only the one that the server prints.
  static func parse(_ text: Span<UInt8>) -> UInt128? {
    var (groups, count, gap): (UInt128, Int, Int?) = (0, 0, nil)
    var rest = text
    if rest.take("::") { gap = 0 }
    while !rest.isEmpty {
      if count > 0, gap != count {
        guard rest.take(":") else { return nil }
        if rest.take(":") {
          guard gap == nil else { return nil }
          gap = count
          if rest.isEmpty { break }
        }
      }
      if count <= 6, let address = rest.takeWholeIPv4() {
        groups = groups << 32 | UInt128(address)
        count += 2
        break
      }
      guard count < 8, let group = rest.takeHexGroup() else { return nil }
      groups = groups << 16 | UInt128(group)
      count += 1
    }
    guard let gap else { return count == 8 ? groups : nil }
    guard count < 8 else { return nil }
    let tailBits = (count - gap) * 16
    let tail = tailBits == 0 ? 0 : groups & (UInt128.max >> UInt128(128 - tailBits))
    let head = groups >> UInt128(tailBits)
    return (gap == 0 ? 0 : head << UInt128(128 - gap * 16)) | tail
  }

  private static func group(_ address: UInt128, _ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * index))
  }

  private static func longestZeros(_ address: UInt128) -> Range<Int>? {
    var (best, start): (Range<Int>, Int) = (0..<0, 0)
    for index in 0..<8 {
      if group(address, index) != 0 {
        start = index + 1
      } else if index + 1 - start > best.count {
        best = start..<index + 1
      }
    }
    return best.count >= 2 ? best : nil
  }
}

/// Where text is written to, byte by byte.
protocol ByteSink {
  mutating func append(_ byte: UInt8)
}

extension [UInt8]: ByteSink {}

/// Text of up to 48 bytes that takes no memory of its own; what is more is dropped.
struct SmallText: ByteSink {
  private var bytes: InlineArray<48, UInt8> = .init(repeating: 0)
  private var count = 0

  mutating func append(_ byte: UInt8) {
    guard count < 48 else { return }
    bytes[count] = byte
    count += 1
  }

  func equals(_ text: Span<UInt8>) -> Bool {
    guard text.count == count else { return false }
    for index in 0..<count where text[index] != bytes[index] { return false }
    return true
  }
}

extension ByteSink {
  mutating func append(ipv4 address: UInt32) {
    for shift in [24, 16, 8, 0] as [UInt32] {
      if shift < 24 { append(UInt8(ascii: ".")) }
      let number = UInt8(truncatingIfNeeded: address >> shift)
      if number >= 100 { append(UInt8(ascii: "0") + number / 100) }
      if number >= 10 { append(UInt8(ascii: "0") + number / 10 % 10) }
      append(UInt8(ascii: "0") + number % 10)
    }
  }

  fileprivate mutating func append(hex group: UInt16) {
    var shift = 12
    while shift > 0, group >> UInt16(shift) == 0 { shift -= 4 }
    while shift >= 0 {
      append(lowerHexDigit(UInt8(truncatingIfNeeded: group >> UInt16(shift)) & 0xF))
      shift -= 4
    }
  }
}

extension Span<UInt8> {
  /// Takes `10.0.0.1` off the front, or nothing.
  mutating func takeIPv4() -> UInt32? {
    var rest = self
    var address: UInt32 = 0
    for index in 0..<4 {
      guard index == 0 || rest.take("."), let number = rest.takeWholeNumber(upTo: 255) else {
        return nil
      }
      address = address << 8 | UInt32(number)
    }
    self = rest
    return address
  }

  /// Takes an IPv4 address, if that is all there is.
  fileprivate mutating func takeWholeIPv4() -> UInt32? {
    var rest = self
    guard let address = rest.takeIPv4(), rest.isEmpty else { return nil }
    self = rest
    return address
  }

  fileprivate mutating func takeHexGroup() -> UInt16? {
    var (value, length): (UInt16, Int) = (0, 0)
    while length < count, let digit = self[length].lowerHexValue {
      guard length < 4 else { return nil }
      value = value << 4 | UInt16(digit)
      length += 1
    }
    guard length > 0 else { return nil }
    self = extracting(droppingFirst: length)
    return value
  }
}
