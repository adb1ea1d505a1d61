/// Builds messages: big-endian integers, zero-terminated strings, lengths filled in at the end.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// With capacity for this number of bytes; until it is full, nothing is copied elsewhere.
  package init(capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  package mutating func write(_ value: UInt8) { bytes.append(value) }

  package mutating func write(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  package mutating func write(_ value: UInt32) {
    write(UInt16(truncatingIfNeeded: value >> 16))
    write(UInt16(truncatingIfNeeded: value))
  }

  package mutating func write(_ value: UInt64) {
    write(UInt32(truncatingIfNeeded: value >> 32))
    write(UInt32(truncatingIfNeeded: value))
  }

  package mutating func write(_ value: Int16) { write(UInt16(bitPattern: value)) }
  package mutating func write(_ value: Int32) { write(UInt32(bitPattern: value)) }
  package mutating func write(_ value: Int64) { write(UInt64(bitPattern: value)) }
  package mutating func write(_ value: LSN) { write(value.rawValue) }

  package mutating func write(_ other: Span<UInt8>) {
    for index in other.indices { bytes.append(other[index]) }
  }

  package mutating func write(contentsOf other: some Sequence<UInt8>) {
    bytes.append(contentsOf: other)
  }

  /// Writes the text and a terminating zero byte.
  ///
  /// The caller has made sure that the text holds no zero.
  package mutating func writeCString(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }

  /// Writes one tagged message: the length, which counts itself, is filled in after `body`.
  package mutating func writeMessage(tag: UInt8, _ body: (inout ByteWriter) -> Void) {
    write(tag)
    writeLengthPrefixed(body)
  }

  /// Writes a length that counts itself, and `body`: the form of packets before authentication.
  package mutating func writeLengthPrefixed(_ body: (inout ByteWriter) -> Void) {
    let start = bytes.count
    write(UInt32(0))
    body(&self)
    let length = UInt32(bytes.count - start)
    for shift in 0..<4 {
      bytes[start + shift] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * shift))
    }
  }
}
