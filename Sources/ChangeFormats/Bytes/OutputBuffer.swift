/// Bytes that formats append to: one piece of memory, to be emptied and used again.
///
///     var output = OutputBuffer()
///     try format.append(change, to: &output)
///     output.withBytes { bytes in … }
///     output.removeAll()
///
/// Events are lines in it, or records with topics and keys: see `forEachRecord`. It grows
/// when necessary and is never copied. Room is checked once for a value, not for each byte.
@safe public struct OutputBuffer: ~Copyable, @unchecked Sendable {
  // Sendable: the memory has no other owner, and the buffer has one owner at a time.
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// How many bytes there are.
  public private(set) var count = 0
  /// Where the records lie; `nil` if events are lines.
  var records: RecordMarks?

  /// The most memory, in bytes, that ``removeAll()`` keeps.
  package static let keptBytes = 1 << 20

  /// Makes an empty buffer.
  ///
  /// - Parameters:
  ///   - capacity: How many bytes fit before it has to grow.
  ///   - keepsRecords: Whether each event is a record with a topic and a key, which
  ///     `forEachRecord` passes, and not a line.
  public init(capacity: Int = 4096, keepsRecords: Bool = false) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(capacity: self.capacity)
    records = keepsRecords ? RecordMarks() : nil
  }

  deinit { unsafe base.deallocate() }

  /// Whether there are no bytes.
  public var isEmpty: Bool { count == 0 }

  /// Passes all bytes to `body`.
  public func withBytes<R: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> R
  ) throws(Failure) -> R {
    try body(unsafe Span(_unsafeStart: base, count: count))
  }

  /// Empties the buffer and keeps its memory, unless that is more than 1 MiB.
  ///
  /// The numbers of topics stay.
  public mutating func removeAll() {
    count = 0
    records?.removeAll()
    if capacity > Self.keptBytes { moveBytes(to: Self.keptBytes / 16) }
  }

  /// Drops the bytes from an offset on, and the records that lie there.
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    count = newCount
    records?.removeAll(endingAfter: newCount)
  }

  /// Appends one byte.
  public mutating func append(_ byte: UInt8) {
    makeRoom(for: 1)
    put(byte)
  }

  /// Appends bytes.
  public mutating func append(_ bytes: Span<UInt8>) {
    makeRoom(for: bytes.count)
    put(bytes)
  }

  /// Appends bytes.
  public mutating func append(contentsOf bytes: [UInt8]) {
    append(bytes.span)
  }

  /// Appends the UTF-8 of a text.
  public mutating func append(_ text: String) {
    let utf8 = text.utf8
    append(utf8.span)
  }

  /// Makes sure that this number of bytes can be put.
  @inline(__always) mutating func makeRoom(for more: Int) {
    if capacity &- count < more { grow(for: more) }
  }

  @inline(never) private mutating func grow(for more: Int) {
    moveBytes(to: max(count + more, capacity.multipliedReportingOverflow(by: 2).partialValue))
  }

  private mutating func moveBytes(to newCapacity: Int) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
    unsafe memory.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = memory
    capacity = newCapacity
  }
}

/// Putting appends into room that was reserved before, which release builds don't check again.
extension OutputBuffer {
  @inline(__always) mutating func put(_ byte: UInt8) {
    assert(count < capacity)
    unsafe base[count] = byte
    count &+= 1
  }

  @inline(__always) mutating func put(_ text: StaticString) {
    let size = text.utf8CodeUnitCount
    assert(capacity - count >= size)
    unsafe (base + count).update(from: text.utf8Start, count: size)
    count &+= size
  }

  /// Puts bytes; short ones without a call, as two pieces that may overlap.
  @inline(__always) mutating func put(_ bytes: Span<UInt8>) {
    assert(capacity - count >= bytes.count)
    unsafe bytes.withUnsafeBytes { bytes in
      let size = bytes.count
      guard let source = bytes.baseAddress else { return }
      let target = unsafe UnsafeMutableRawPointer(base + count)
      if size > 16 {
        unsafe target.copyMemory(from: source, byteCount: size)
      } else if size >= 8 {
        unsafe target.putPieces(UInt64.self, from: source, size)
      } else if size >= 4 {
        unsafe target.putPieces(UInt32.self, from: source, size)
      } else {
        for index in 0..<size {
          unsafe target.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
        }
      }
      count &+= size
    }
  }

  /// Puts the first bytes of a word that lies in memory as it is printed.
  ///
  /// Eight bytes are written, so there has to be room for them.
  @inline(__always) mutating func put(word: UInt64, count size: Int) {
    assert(capacity - count >= 8)
    unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
    count &+= size
  }

  /// Appends through a span over room that is made for it.
  mutating func append(
    addingCapacity more: Int, _ body: (inout OutputSpan<UInt8>) -> Void
  ) {
    makeRoom(for: more)
    let room = unsafe UnsafeMutableBufferPointer(start: base + count, count: more)
    var output = unsafe OutputSpan(buffer: room, initializedCount: 0)
    body(&output)
    count &+= unsafe output.finalize(for: room)
  }

  /// The last byte; zero if there is none.
  @inline(__always) var last: UInt8 { count > 0 ? unsafe base[count &- 1] : 0 }
}

extension UnsafeMutableRawPointer {
  /// Copies a number of bytes as a first and a last word.
  @inline(__always) fileprivate func putPieces<Word: FixedWidthInteger & BitwiseCopyable>(
    _: Word.Type, from source: UnsafeRawPointer, _ size: Int
  ) {
    let end = size &- MemoryLayout<Word>.size
    let first = unsafe source.loadUnaligned(as: Word.self)
    let last = unsafe source.loadUnaligned(fromByteOffset: end, as: Word.self)
    unsafe storeBytes(of: first, as: Word.self)
    unsafe storeBytes(of: last, toByteOffset: end, as: Word.self)
  }
}
