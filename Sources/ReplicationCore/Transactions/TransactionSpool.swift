internal import PGOutput
internal import PGWire

/// The messages of one transaction that has not ended, in order: of a streamed one, or of one that
/// is kept until all of it has come.
///
///     message   length 4 | LSN 8 | the plugin's message
///
/// The first part may be in a file, in blocks; the rest is in memory. The messages of a
/// subtransaction are cut off when it is rolled back: everything from its first message on is its
/// own or belongs to its own subtransactions, since nothing else can be written while it is open.
struct TransactionSpool: Sendable {
  /// A piece of memory, filled from its beginning.
  struct Chunk: Sendable {
    let segment: Segment
    var filled = 0
  }

  static let headerSize = 12
  private static let smallestChunk = 1 << 10
  private static let largestChunk = 1 << 15

  /// Bytes in the file, and in which of its blocks they lie.
  private(set) var fileLength = 0
  private(set) var blocks: [Int] = []
  private(set) var chunks: [Chunk] = []
  /// Where the first message of each subtransaction begins, in their order.
  private var starts: [(subxid: UInt32, position: Int)] = []
  /// Where a subtransaction is among them.
  private var startIndex: [UInt32: Int] = [:]

  /// Where it was made, if the first block says.
  var origin: ReplicationOrigin?
  /// Where in the stream they came.
  var place = PgOutputMessage.Place.outside

  /// Bytes in all.
  private(set) var length = 0
  /// Bytes of memory that it takes.
  private(set) var memory = 0

  /// Appends a message.
  ///
  /// - Parameter subxid: The subtransaction that it belongs to, if it isn't the transaction itself.
  mutating func append(_ message: Span<UInt8>, at lsn: LSN, subxid: UInt32?) {
    if let subxid, startIndex[subxid] == nil {
      startIndex[subxid] = starts.count
      starts.append((subxid, length))
    }
    let size = Self.headerSize + message.count
    makeRoom(for: size)
    let last = chunks.count - 1
    let at = chunks[last].filled
    let segment = chunks[last].segment
    segment.store(UInt32(message.count), at: at)
    segment.store(lsn.rawValue, at: at + 4)
    segment.write(message, at: at + Self.headerSize)
    chunks[last].filled += size
    length += size
  }

  private mutating func makeRoom(for size: Int) {
    if let last = chunks.last, last.segment.capacity - last.filled >= size { return }
    let capacity = max(size, min(Self.largestChunk, max(Self.smallestChunk, memory)))
    chunks.append(Chunk(segment: Segment(SegmentMemory(capacity), capacity: capacity, pool: nil)))
    memory += capacity
  }

  /// Removes the messages of a subtransaction, and everything after them.
  ///
  /// - Returns: Blocks of the file that this frees.
  mutating func rollBack(_ subxid: UInt32) -> [Int] {
    guard let index = startIndex[subxid] else { return [] }
    let start = starts[index].position
    for former in starts[index...] { startIndex[former.subxid] = nil }
    starts.removeSubrange(index...)
    guard start < fileLength else {
      cutChunks(by: length - start)
      length = start
      return []
    }
    length = start
    dropChunks()
    fileLength = start
    let needed = (start + SpillFile.blockSize - 1) / SpillFile.blockSize
    defer { blocks.removeLast(blocks.count - needed) }
    return Array(blocks[needed...])
  }

  private mutating func cutChunks(by count: Int) {
    var left = count
    while left > 0, let last = chunks.last {
      guard last.filled <= left else {
        chunks[chunks.count - 1].filled -= left
        return
      }
      left -= last.filled
      memory -= last.segment.capacity
      chunks.removeLast()
    }
  }

  private mutating func dropChunks() {
    chunks = []
    memory = 0
  }

  /// What has to be written, and where, so that nothing is left in memory.
  mutating func planSpill(_ free: inout SpillBlocks) -> [SpillPiece] {
    var pieces: [SpillPiece] = []
    var position = fileLength
    for chunk in chunks {
      var done = 0
      while done < chunk.filled {
        let inBlock = position % SpillFile.blockSize
        if inBlock == 0 { blocks.append(free.take()) }
        let count = min(SpillFile.blockSize - inBlock, chunk.filled - done)
        pieces.append(
          SpillPiece(
            segment: chunk.segment, range: done..<done + count,
            offset: blocks[position / SpillFile.blockSize] * SpillFile.blockSize + inBlock))
        done += count
        position += count
      }
    }
    return pieces
  }

  /// What was planned has been written.
  mutating func spilled() {
    fileLength = length
    dropChunks()
  }
}

/// A part of a segment, and where in a file it goes.
struct SpillPiece: Sendable {
  let segment: Segment
  let range: Range<Int>
  let offset: Int
}
