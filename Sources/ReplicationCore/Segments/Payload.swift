/// The bytes of a received message, in the stream's buffer.
///
/// Keeping one keeps its whole segment of the buffer alive, which counts against the stream's byte
/// budget. To keep bytes for long, copy them with ``copy()`` or ``bytes()``.
public struct Payload: Sendable {
  @usableFromInline let segment: Segment
  @usableFromInline let start: Int
  /// The number of bytes.
  public let count: Int

  @inlinable init(_ segment: Segment, _ range: Range<Int>) {
    self.segment = segment
    self.start = range.lowerBound
    self.count = range.count
  }

  /// Where they lie in the segment.
  var range: Range<Int> { start..<start + count }

  /// Passes the bytes to `body`, in place.
  @inlinable public func withBytes<R, E>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try segment.withBytes(start..<start + count, body)
  }

  /// A copy of the bytes in memory of their own, so that the stream's buffer can be released.
  public func copy() -> Payload {
    let size = max(count, 1)
    let memory = Segment(SegmentMemory(size), capacity: size, pool: nil)
    withBytes { memory.write($0, at: 0) }
    return Payload(memory, 0..<count)
  }

  /// A copy of the bytes as an array, so that the stream's buffer can be released.
  public func bytes() -> [UInt8] {
    withBytes { bytes in
      [UInt8](capacity: bytes.count) { output in
        for index in bytes.indices { output.append(bytes[index]) }
      }
    }
  }

  /// The first byte: a pgoutput message's type letter.
  public var first: UInt8? { count > 0 ? segment.byte(at: start) : nil }
}
