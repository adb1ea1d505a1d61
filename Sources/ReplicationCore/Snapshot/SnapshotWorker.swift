internal import PGOutput
internal import PGWire

/// One connection that brings ranges of tables, one after the other, as fast as they are taken.
actor SnapshotWorker {
  /// What a worker has brought.
  enum Output: Sendable {
    case rows(SnapshotBatch, table: Int)
    case endOfRange(table: Int)
    /// There are no more ranges.
    case idle
  }

  private let work: SnapshotWork
  private let open: @Sendable () async throws(ReplicationError) -> SnapshotSession
  private var session: SnapshotSession?
  private var current: Copy?
  /// What it holds locks of, besides those that the leader had before the reading.
  private var locked: UInt32?
  /// What it could not lock at once.
  private var unavailable: Set<UInt32> = []
  /// Whether no other worker holds a lock.
  private var isAlone = false

  /// - Parameters:
  ///   - session: The session to use, if there is one already.
  ///   - open: Opens another.
  init(
    _ work: SnapshotWork, session: SnapshotSession?,
    open: @escaping @Sendable () async throws(ReplicationError) -> SnapshotSession
  ) {
    self.work = work
    self.session = session
    self.open = open
  }

  /// A COPY that is under way.
  private struct Copy {
    let table: Int
    let stream: CopyOutStream
    var parser: CopyRowParser
    var rows: Int64 = 0

    mutating func take(_ data: consuming [UInt8]) throws(PGWireError) -> CopyRows {
      do throws(WireError) {
        let found = try parser.take(data)
        rows += Int64(found.count)
        return found
      } catch {
        throw .wire(error)
      }
    }

    /// Makes sure that all came; the server has counted too.
    func finish() throws(PGWireError) {
      do throws(WireError) {
        try parser.finish()
      } catch {
        throw .wire(error)
      }
      guard stream.commandTag == "COPY \(rows)" else { throw .unexpectedMessage }
    }
  }

  /// The next batch, or the end of a range.
  func next() async throws(ReplicationError) -> Output {
    let copy: Copy
    if let current {
      copy = current
    } else {
      guard let begun = try await beginNext() else { return .idle }
      copy = begun
    }
    do throws(PGWireError) {
      return try await next(of: copy)
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  /// Ends the connection, and on the server what it is doing.
  func close() async {
    await current?.stream.abandon()
    current = nil
    session?.connection.close()
    session = nil
  }

  /// Reads what is left, and waits for locks where it must: all other workers have been closed.
  func finishAlone() {
    isAlone = true
    unavailable = []
  }

  /// Begins the next range that can be read; `nil` if there is none.
  private func beginNext() async throws(ReplicationError) -> Copy? {
    while let range = work.takeRange(except: unavailable) {
      let session = try await openSession()
      guard try await lock(range.source, session) else {
        unavailable.insert(range.source.oid)
        work.putBack(range)
        continue
      }
      return try await begin(range, session)
    }
    return nil
  }

  private func openSession() async throws(ReplicationError) -> SnapshotSession {
    if let session { return session }
    let opened = try await open()
    session = opened
    try await opened.beginLocks()
    return opened
  }

  /// Locks what a range is read from, and releases what the previous one was read from.
  private func lock(
    _ source: SnapshotTable.Source, _ session: SnapshotSession
  ) async throws(ReplicationError) -> Bool {
    if let locked, locked != source.oid { try await session.releaseLocks() }
    locked = nil
    if isAlone {
      try await session.lock(source)
    } else {
      // Again for each range: indexes may have been added since.
      guard try await session.lockAtOnce(source) else { return false }
    }
    locked = source.oid
    return true
  }

  private func begin(
    _ range: SnapshotRange, _ session: SnapshotSession
  ) async throws(ReplicationError) -> Copy {
    do throws(PGWireError) {
      let stream = try await session.connection.copyOut(range.command.text)
      let copy = Copy(table: range.table, stream: stream, parser: CopyRowParser(stream.format))
      current = copy
      guard stream.format.columnCount == work.tables[range.table].relation.columns.count else {
        throw .unexpectedMessage
      }
      return copy
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  private func next(of copy: Copy) async throws(PGWireError) -> Output {
    var copy = copy
    // A piece may hold no end of a row.
    while let data = try await copy.stream.receive(atLeast: work.options.batchBytes) {
      let byteCount = data.count
      let rows = try copy.take(data)
      current = copy
      guard rows.count > 0 else { continue }
      return .rows(
        SnapshotBatch(
          table: work.tables[copy.table], consistentPoint: work.consistentPoint,
          byteCount: byteCount, tuples: CopiedTuples(rows, copy.stream.format)),
        table: copy.table)
    }
    current = nil
    try copy.finish()
    return .endOfRange(table: copy.table)
  }
}
