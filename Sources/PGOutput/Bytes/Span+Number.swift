extension Span<UInt8> {
  /// The big-endian number at an offset.
  @inlinable @inline(__always) func uint32(at offset: Int) -> UInt32 {
    let bytes = extracting(offset..<offset &+ 4)
    return UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8
      | UInt32(bytes[3])
  }
}
