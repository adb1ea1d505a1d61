extension Span<UInt8> {
  /// Whether these are the bytes of a JSON string that has nothing to escape and is ASCII.
  @inline(__always) var isPlain: Bool {
    unsafe withUnsafeBytes { bytes in
      let size = bytes.count
      guard size >= 8 else { return unsafe bytes.isPlainBytewise }
      let end = size &- 8
      var special: UInt64 = 0
      var at = 0
      while at < end {
        special |= unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).specialBytes
        at &+= 8
      }
      special |= unsafe bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self).specialBytes
      return special & 0x8080_8080_8080_8080 == 0
    }
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always) fileprivate var isPlainBytewise: Bool {
    var isPlain = true
    for index in indices {
      let byte = unsafe self[index]
      let isSpecial =
        byte &- 0x20 >= 0x5F || byte == UInt8(ascii: "\"")
        || byte == UInt8(ascii: "\\")
      isPlain = isPlain && !isSpecial
    }
    return isPlain
  }
}

extension UInt64 {
  /// A word in which the top bit of some byte is set if one of these eight bytes is a control
  /// character, not ASCII, `"` or `\`.
  @inline(__always) fileprivate var specialBytes: UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    return self | (self &- ones &* 0x20) | (self &+ ones)
      | ((self ^ ones &* 0x22) &- ones) | ((self ^ ones &* 0x5C) &- ones)
  }
}
