internal import PGOutput
internal import PGWire

/// Gives the messages of a transaction that has ended, in order, from file and memory.
struct SpoolReader: Sendable {
  /// A message, as it was in the stream.
  struct Message: Sendable {
    let lsn: LSN
    let payload: Payload
  }

  /// What to do next.
  enum Step: Sendable {
    case message(Message)
    /// More has to be read from the file first.
    case read(SpoolRead)
    case end
  }

  /// Bytes that are read from the file at a time.
  private static let readSize = 1 << 16

  private var spool: TransactionSpool
  /// Where in the file the next read begins.
  private var filePosition = 0
  private var nextChunk = 0
  private var segment: Segment?
  /// The previous piece, which is read into again if no part of it was kept.
  private var former: Segment?
  private var position = 0
  private var end = 0

  init(_ spool: TransactionSpool) {
    self.spool = spool
  }

  /// Whether anything has been taken from it.
  var hasBegun: Bool { segment != nil }

  /// Where in the stream the messages came.
  var place: PgOutputMessage.Place { spool.place }

  /// All blocks of the file that it owns, to be released when it is no longer needed.
  var blocks: [Int] { spool.blocks }

  /// The next message, if it is in memory.
  mutating func next() -> Step {
    if let segment, end - position >= TransactionSpool.headerSize {
      let count = Int(segment.uint32(at: position))
      let start = position + TransactionSpool.headerSize
      if end - start >= count {
        let lsn = LSN(rawValue: segment.uint64(at: position + 4))
        position = start + count
        return .message(Message(lsn: lsn, payload: Payload(segment, start..<position)))
      }
    }
    if filePosition < spool.fileLength { return .read(planRead()) }
    guard nextChunk < spool.chunks.count else { return .end }
    // A message lies in one chunk, and what was in the file ends with a message.
    let chunk = spool.chunks[nextChunk]
    nextChunk += 1
    segment = chunk.segment
    position = 0
    end = chunk.filled
    return next()
  }

  /// What to read next: the rest of the last piece goes before it.
  private mutating func planRead() -> SpoolRead {
    let left = end - position
    // A message can be longer than a piece.
    let missing = segment.flatMap { segment -> Int? in
      guard left >= TransactionSpool.headerSize else { return nil }
      return TransactionSpool.headerSize + Int(segment.uint32(at: position)) - left
    }
    let count = min(spool.fileLength - filePosition, max(Self.readSize, missing ?? 0))
    return SpoolRead(
      kept: segment.map { ($0, position..<end) }, blocks: spool.blocks, from: filePosition,
      count: count, piece: piece(of: count + left))
  }

  /// Memory for the next piece.
  private mutating func piece(of size: Int) -> Segment {
    if var former = former.take(), isKnownUniquelyReferenced(&former), former.capacity >= size {
      return former
    }
    let capacity = max(size, 2 * Self.readSize)
    return Segment(SegmentMemory(capacity), capacity: capacity, pool: nil)
  }

  /// What was planned has been read.
  mutating func take(_ read: SpoolRead) {
    former = segment
    segment = read.piece
    position = 0
    end = read.size
    filePosition = read.from + read.count
  }
}

/// A read of a part of a spool from its file.
struct SpoolRead: Sendable {
  /// What goes before it.
  let kept: (segment: Segment, range: Range<Int>)?
  let blocks: [Int]
  let from: Int
  let count: Int
  /// The memory to read into; nothing else refers to it.
  let piece: Segment

  /// Bytes in all.
  var size: Int { count + (kept?.range.count ?? 0) }

  /// Reads from the file.
  func run(_ file: SpillFile) throws(SpillError) {
    var at = 0
    if let kept {
      kept.segment.withBytes(kept.range) { piece.write($0, at: 0) }
      at = kept.range.count
    }
    var position = from
    while at < size {
      let inBlock = position % SpillFile.blockSize
      let part = min(SpillFile.blockSize - inBlock, size - at)
      let block = blocks[position / SpillFile.blockSize]
      try file.read(part, at: block * SpillFile.blockSize + inBlock, into: piece, at: at)
      at += part
      position += part
    }
  }
}
