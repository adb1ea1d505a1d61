internal import PGWire

/// Memory that the socket is read into and that events are decoded from, without a copy in between.
///
/// The stream's thread writes each byte once and then hands over the range that it lies in. From
/// then on the range is only read, by anyone who has a reference; the thread continues to write
/// after it. So no byte is ever written while it may be read, which is why this is `Sendable`.
@usableFromInline @safe final class Segment: @unchecked Sendable {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let capacity: Int
  /// `nil` once a larger segment has taken it over.
  private var memory: SegmentMemory?
  /// Where the memory goes back to; `nil` for a copy, whose memory is its own.
  private let pool: SegmentPool?

  /// - Parameter capacity: How much of the memory to use; the rest stays untouched.
  init(_ memory: SegmentMemory, capacity: Int, pool: SegmentPool?) {
    precondition(capacity <= memory.size)
    unsafe base = memory.base
    self.capacity = capacity
    self.memory = memory
    self.pool = pool
  }

  deinit {
    guard let memory else { return }
    if let pool { pool.giveBack(memory, capacity) } else { memory.deallocate() }
  }

  /// Gives the memory up to a larger segment.
  ///
  /// Only for the one reader that has the last reference, which it then drops.
  func surrender() -> SegmentMemory? {
    defer { memory = nil }
    return memory
  }

  /// Moves bytes to the front; only for the one reader that has the last reference.
  func moveToFront(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
    unsafe base.copyMemory(from: base + range.lowerBound, byteCount: range.count)
  }

  /// Passes a range of the bytes.
  ///
  /// The range must lie in what was handed over; callers take it from the frame scanner, which has
  /// checked it against what was received.
  @inlinable func withBytes<R, E>(
    _ range: Range<Int>, _ body: (Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
    let bytes = unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    return try body(unsafe Span<UInt8>(_unsafeBytes: bytes))
  }

  /// Reads from the socket into the part from `offset` on, which was not handed over yet.
  func fill(
    from offset: Int, with transport: inout Transport
  ) throws(TransportError) -> TransferResult {
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: base + offset, count: capacity - offset)
    return unsafe try transport.read(into: room)
  }

  /// Writes bytes at `offset`, in a part that was not handed over yet.
  func write(_ bytes: Span<UInt8>, at offset: Int) {
    precondition(offset + bytes.count <= capacity)
    unsafe bytes.withUnsafeBytes { bytes in
      guard let source = bytes.baseAddress else { return }
      unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
    }
  }
}

extension Segment {
  /// Stores a big-endian number at `offset`, in a part that was not handed over yet.
  func store(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset + 4 <= capacity)
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  /// Stores a big-endian number at `offset`, in a part that was not handed over yet.
  func store(_ value: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset + 8 <= capacity)
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
  }

  /// The byte at an offset.
  ///
  /// Unchecked in release builds: for the scanner, which has its own checks.
  func byte(at offset: Int) -> UInt8 {
    assert(offset >= 0 && offset < capacity)
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian 32-bit number at an offset, unchecked as ``byte(at:)``.
  func uint32(at offset: Int) -> UInt32 {
    assert(offset >= 0 && offset + 4 <= capacity)
    return unsafe UInt32(
      bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The big-endian 64-bit number at an offset, unchecked as ``byte(at:)``.
  func uint64(at offset: Int) -> UInt64 {
    assert(offset >= 0 && offset + 8 <= capacity)
    return unsafe UInt64(
      bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
