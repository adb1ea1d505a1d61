internal import PGOutput
internal import PGWire

/// Owns the file for kept transactions that don't fit into memory, and replays those that have
/// ended.
struct SpoolStore: Sendable {
  /// A transaction that was kept, and whose changes are delivered now.
  private struct Replay: Sendable {
    let end: LSN
    var reader: SpoolReader
  }

  private let directory: String
  private let faults: FileFaults?
  private var file: SpillFile?
  /// Whether the file has been written to since it was last empty.
  private var isFileUsed = false
  /// The total number of bytes written to the file.
  private(set) var spilledBytes = 0
  private var replay: Replay?
  /// What has to be read from the file before the replay can continue.
  private(set) var pendingRead: SpoolRead?

  init(in directory: String, faults: FileFaults?) {
    self.directory = directory
    self.faults = faults
  }

  /// Whether a transaction is being replayed.
  var isReplaying: Bool { replay != nil }
}

// MARK: - The file

extension SpoolStore {
  /// Creates the file, unless it is there.
  mutating func open() async throws(ReplicationError) {
    _ = try await openFile()
  }

  private mutating func openFile() async throws(ReplicationError) -> SpillFile {
    if let file { return file }
    let (directory, faults) = (directory, faults)
    let file = try await OwnThread.run(failure: ReplicationError.transport) {
      () throws(ReplicationError) in
      do throws(SpillError) {
        return try SpillFile(in: directory, faults: faults)
      } catch {
        throw .spill(error)
      }
    }
    self.file = file
    return file
  }

  /// Moves streamed transactions to the file until the rest is within its limit.
  mutating func spill(_ streamed: inout StreamedTransactions) async throws(ReplicationError) {
    while let (xid, pieces) = streamed.planSpill() {
      let file = try await openFile()
      try await OwnThread.run(failure: ReplicationError.transport) { () throws(ReplicationError) in
        do throws(SpillError) {
          for piece in pieces { try file.write(piece.segment, piece.range, at: piece.offset) }
        } catch {
          throw .spill(error)
        }
      }
      streamed.spilled(xid)
      isFileUsed = true
      spilledBytes += pieces.reduce(0) { $0 + $1.range.count }
    }
  }

  /// Frees the disk space once no part of the file is in use.
  mutating func emptyIfUnused(by streamed: StreamedTransactions) {
    if isFileUsed, streamed.isFileEmpty { empty() }
  }

  /// Drops everything in the file.
  mutating func empty() {
    guard isFileUsed else { return }
    file?.empty()
    isFileUsed = false
  }
}

// MARK: - Replays

extension SpoolStore {
  /// Begins to replay a transaction that has ended.
  mutating func replay(_ spool: TransactionSpool, end: LSN) {
    replay = Replay(end: end, reader: SpoolReader(spool))
  }

  /// Gives the next message of the replayed transaction to the assembler, if it is in memory.
  ///
  /// Otherwise there is a ``pendingRead`` afterwards.
  ///
  /// - Returns: The transaction's end, if no message is left.
  mutating func replayNext(
    into assembler: inout TransactionAssembler
  ) throws(ReplicationError) -> LSN? {
    if let reader = replay?.reader, !reader.hasBegun { assembler.beginReplay(at: reader.place) }
    switch replay?.reader.next() {
    case .message(let message):
      do throws(PgOutputError) { try assembler.replay(message) } catch { throw .decoding(error) }
    case .read(let read): pendingRead = read
    case .end, nil:
      guard let replay = replay.take() else { return nil }
      assembler.endReplay()
      assembler.streamed.giveBack(replay.reader.blocks)
      return replay.end
    }
    return nil
  }

  /// Reads what the replay waits for.
  mutating func readPending() async throws(ReplicationError) {
    guard let read = pendingRead else { return }
    try await run(read)
    pendingRead = nil
    replay?.reader.take(read)
  }

  /// Reads from the file, which exists, since the data was written to it.
  func run(_ read: SpoolRead) async throws(ReplicationError) {
    guard let file else { throw .closed }
    try await OwnThread.run(failure: ReplicationError.transport) { () throws(ReplicationError) in
      do throws(SpillError) { try read.run(file) } catch { throw .spill(error) }
    }
  }
}
