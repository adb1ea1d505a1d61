/// A `Span` of bytes is its own cursor: each read takes bytes off its front.
///
/// All integers of the protocol are big-endian. A read past the end throws and takes nothing.
extension Span<UInt8> {
  package mutating func readUInt8() throws(WireError) -> UInt8 {
    guard count >= 1 else { throw .truncated(needed: 1, available: count) }
    let value = self[0]
    self = extracting(droppingFirst: 1)
    return value
  }

  package mutating func readUInt16() throws(WireError) -> UInt16 {
    guard count >= 2 else { throw .truncated(needed: 2, available: count) }
    let value = UInt16(self[0]) << 8 | UInt16(self[1])
    self = extracting(droppingFirst: 2)
    return value
  }

  package mutating func readUInt32() throws(WireError) -> UInt32 {
    guard count >= 4 else { throw .truncated(needed: 4, available: count) }
    let value =
      UInt32(self[0]) << 24 | UInt32(self[1]) << 16 | UInt32(self[2]) << 8 | UInt32(self[3])
    self = extracting(droppingFirst: 4)
    return value
  }

  package mutating func readUInt64() throws(WireError) -> UInt64 {
    guard count >= 8 else { throw .truncated(needed: 8, available: count) }
    let upper = try readUInt32()
    let lower = try readUInt32()
    return UInt64(upper) << 32 | UInt64(lower)
  }

  package mutating func readInt16() throws(WireError) -> Int16 {
    Int16(bitPattern: try readUInt16())
  }

  package mutating func readInt32() throws(WireError) -> Int32 {
    Int32(bitPattern: try readUInt32())
  }

  package mutating func readInt64() throws(WireError) -> Int64 {
    Int64(bitPattern: try readUInt64())
  }

  /// Reads a 16-bit count, which can't be negative.
  mutating func readCount(_ field: String) throws(WireError) -> Int {
    let count = try readInt16()
    guard count >= 0 else { throw .invalidValue(field: field, value: Int64(count)) }
    return Int(count)
  }

  package mutating func readLSN() throws(WireError) -> LSN {
    LSN(rawValue: try readUInt64())
  }

  /// Takes `count` bytes off the front without looking at them.
  package mutating func skip(_ count: Int) throws(WireError) {
    guard count >= 0, count <= self.count else {
      throw .truncated(needed: count, available: self.count)
    }
    self = extracting(droppingFirst: count)
  }

  /// Takes `count` bytes off the front, copied out.
  package mutating func readBytes(_ count: Int) throws(WireError) -> [UInt8] {
    guard count >= 0, count <= self.count else {
      throw .truncated(needed: count, available: self.count)
    }
    let front = extracting(first: count)
    self = extracting(droppingFirst: count)
    return front.copied()
  }

  /// Takes a string and its terminating zero byte.
  package mutating func readCString() throws(WireError) -> String {
    for index in indices where self[index] == 0 {
      let text = try extracting(first: index).utf8String()
      self = extracting(droppingFirst: index + 1)
      return text
    }
    throw .unterminatedString
  }

  /// Takes a string and its terminating zero byte, with U+FFFD in place of what is not UTF-8.
  mutating func readLossyCString() throws(WireError) -> String {
    guard let end = indices.first(where: { self[$0] == 0 }) else { throw .unterminatedString }
    let text = extracting(first: end).lossyString()
    self = extracting(droppingFirst: end + 1)
    return text
  }

  /// The decoder's last step: a message must be read to its end.
  package func expectEnd() throws(WireError) {
    guard isEmpty else { throw .trailingBytes(count: count) }
  }

  /// All the bytes as text.
  package func utf8String() throws(WireError) -> String {
    guard let text = try? UTF8Span(validating: self) else { throw .invalidUTF8 }
    return String(copying: text)
  }

  /// All the bytes as text, with U+FFFD in place of what is not UTF-8: for messages to people.
  package func lossyString() -> String {
    String(decoding: copied(), as: UTF8.self)
  }

  /// All the bytes in an array of their own.
  package func copied() -> [UInt8] {
    [UInt8](capacity: count) { output in
      for index in indices { output.append(self[index]) }
    }
  }

  /// The number at an offset; the span must be long enough.
  @inlinable @inline(__always) package func bigEndian64(at offset: Int) -> UInt64 {
    let bytes = extracting(offset..<offset &+ 8)
    let upper =
      UInt64(bytes[0]) << 56 | UInt64(bytes[1]) << 48 | UInt64(bytes[2]) << 40
      | UInt64(bytes[3]) << 32
    let lower =
      UInt64(bytes[4]) << 24 | UInt64(bytes[5]) << 16 | UInt64(bytes[6]) << 8 | UInt64(bytes[7])
    return upper | lower
  }
}
