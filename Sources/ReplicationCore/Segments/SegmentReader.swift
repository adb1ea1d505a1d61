internal import PGWire

/// A range of a segment that holds whole messages, handed from the stream's thread to the consumer.
struct Batch: Sendable {
  let segment: Segment
  let range: Range<Int>
  /// The highest position that was received with it, or before.
  var position = LSN.zero
}

/// The receiving side of the stream's memory: which segment is being filled, and how far.
struct SegmentReader: ~Copyable {
  private let pool: SegmentPool
  private(set) var segment: Segment
  /// Where the bytes begin that no batch has taken.
  private(set) var start = 0
  /// Where the received bytes end.
  private(set) var filled: Int
  /// How many bytes from `start` on the next message needs, as far as that is known.
  private var needed = FrameHeader.size

  /// Less room than this at a segment's end is not worth a read.
  private static let minimumRoom = 4096

  /// Starts with the bytes that were received before the stream's thread took over.
  init(_ pool: SegmentPool, received: [UInt8]) {
    self.pool = pool
    let size = received.count + Self.minimumRoom
    segment = pool.take(atLeast: size)
    segment.write(received.span, at: 0)
    filled = received.count
  }

  /// Makes sure that there is room to read into.
  ///
  /// A message that is longer than an ordinary segment gets room for what has arrived of it, and as
  /// much again: its length is only a claim of the peer, and five bytes must not make us allocate a
  /// gigabyte.
  ///
  /// - Parameter force: Take memory even above the budget, since no consumer will free any.
  /// - Returns: False if the budget is used up; reading has to wait then.
  mutating func prepare(force: Bool) -> Bool {
    let room = segment.capacity - filled
    let fits = start + needed <= segment.capacity
    // A message that has begun and fits is read to its end where it is.
    if fits, room >= Self.minimumRoom || room > 0 && needed > FrameHeader.size { return true }
    let arrived = filled - start
    let wanted = max(needed, arrived + Self.minimumRoom)
    var size = wanted
    if wanted > pool.segmentSize, !pool.hasSpare(wanted) {
      if room >= Self.minimumRoom { return true }
      size = min(wanted, max(pool.segmentSize, 2 * arrived, arrived + Self.minimumRoom))
    }
    guard let next = takeRoom(size, force: force) else { return fits && room > 0 }
    filled -= start
    start = 0
    segment = next
    return true
  }

  /// Memory of this size, with the bytes that no batch has taken at its front.
  private mutating func takeRoom(_ size: Int, force: Bool) -> Segment? {
    // The current segment is given up only if none of its batches is waiting or kept.
    let isOwn = isKnownUniquelyReferenced(&segment)
    if isOwn, segment.capacity > pool.segmentSize, size > segment.capacity, !pool.hasSpare(size) {
      if start > 0 {
        segment.moveToFront(start..<filled)
        filled -= start
        start = 0
      }
      return pool.enlarge(segment, to: size, used: filled, force: force)
    }
    let replaced = isOwn ? segment.capacity : 0
    guard let next = pool.take(atLeast: size, replacing: replaced, force: force) else { return nil }
    segment.withBytes(start..<filled) { next.write($0, at: 0) }
    return next
  }

  /// Whether the last read filled the segment, so that there is most likely more to read.
  var isFull: Bool { filled == segment.capacity }

  /// Reads once, into the room that ``prepare(force:)`` has made.
  mutating func read(
    from transport: inout Transport
  ) throws(TransportError) -> TransferResult {
    let result = try segment.fill(from: filled, with: &transport)
    if case .moved(let count) = result { filled += count }
    return result
  }

  /// The next message is not complete and needs this number of bytes.
  mutating func expect(frameLength: Int) {
    needed = frameLength
  }

  /// Takes the bytes up to `end` as a batch; `nil` if there are none.
  mutating func takeBatch(to end: Int) -> Batch? {
    guard end > start else { return nil }
    defer { start = end }
    return Batch(segment: segment, range: start..<end)
  }

  /// Drops the bytes up to `end`.
  mutating func drop(to end: Int) {
    start = max(start, end)
  }
}
