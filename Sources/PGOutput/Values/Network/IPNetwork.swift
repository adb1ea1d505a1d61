/// An address of IPv4 or IPv6 with a mask: what `inet` and `cidr` have in common.
public struct IPNetwork: Hashable, Sendable {
  /// Whether the address is one of IPv6, not IPv4.
  public let isIPv6: Bool
  /// The address; that of IPv4 in the lowest 32 bits.
  public let address: UInt128
  /// How many bits the mask has: 32 or 128 for a single host.
  public let maskBits: UInt8

  /// - Returns: `nil` for an address or a mask that the family doesn't have.
  public init?(isIPv6: Bool, address: UInt128, maskBits: UInt8) {
    guard maskBits <= (isIPv6 ? 128 : 32), isIPv6 || address <= UInt128(UInt32.max) else {
      return nil
    }
    self.isIPv6 = isIPv6
    self.address = address
    self.maskBits = maskBits
  }

  /// Whether the mask leaves one address.
  public var isHost: Bool { maskBits == (isIPv6 ? 128 : 32) }

  /// Whether no bit is set beyond the mask.
  var isNetwork: Bool {
    let hostBits = (isIPv6 ? 128 : 32) - Int(maskBits)
    return address.trailingZeroBitCount >= hostBits
  }
}

extension IPNetwork {
  /// Reads what the server sends.
  ///
  ///     family 1 (2 = IPv4, 3 = IPv6) | mask bits 1 | is cidr 1 | length 1 | address
  init?(binary bytes: Span<UInt8>, isCIDR: Bool) {
    guard bytes.count == 8 || bytes.count == 20 else { return nil }
    let isIPv6 = bytes.count == 20
    guard bytes[0] == (isIPv6 ? 3 : 2), bytes[2] == (isCIDR ? 1 : 0),
      bytes[3] == (isIPv6 ? 16 : 4)
    else { return nil }
    var address: UInt128 = 0
    for index in 4..<bytes.count { address = address << 8 | UInt128(bytes[index]) }
    self.init(isIPv6: isIPv6, address: address, maskBits: bytes[1])
  }

  /// Reads an address and the mask behind it, all as the server prints it.
  ///
  /// - Parameter alwaysHasMask: Whether the mask is printed even for a host.
  init?(text: Span<UInt8>, alwaysHasMask: Bool) {
    var slash = 0
    while slash < text.count, text[slash] != UInt8(ascii: "/") { slash += 1 }
    let addressText = text.extracting(first: slash)
    guard let (isIPv6, address) = Self.address(addressText) else { return nil }
    let most: UInt8 = isIPv6 ? 128 : 32
    var maskBits = most
    if slash < text.count {
      var rest = text.extracting(droppingFirst: slash + 1)
      guard let bits = rest.takeWholeNumber(upTo: UInt64(most)), rest.isEmpty else { return nil }
      maskBits = UInt8(bits)
      guard alwaysHasMask || maskBits < most else { return nil }
    } else if alwaysHasMask {
      return nil
    }
    self.init(isIPv6: isIPv6, address: address, maskBits: maskBits)
  }

  private static func address(_ text: Span<UInt8>) -> (isIPv6: Bool, UInt128)? {
    var rest = text
    if let address = rest.takeIPv4(), rest.isEmpty { return (false, UInt128(address)) }
    guard let address = IPv6Text.parse(text) else { return nil }
    // One address has many texts, of which the server prints one.
    var printed = SmallText()
    IPv6Text.append(address, to: &printed)
    return printed.equals(text) ? (true, address) : nil
  }

  func appendText(alwaysHasMask: Bool, to bytes: inout [UInt8]) {
    if isIPv6 {
      IPv6Text.append(address, to: &bytes)
    } else {
      bytes.append(ipv4: UInt32(truncatingIfNeeded: address))
    }
    guard alwaysHasMask || !isHost else { return }
    bytes.append(UInt8(ascii: "/"))
    bytes.append(decimal: maskBits)
  }
}
