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
    var rows: TableCopy
    var reading: StreamTracer.Reading?
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
    return try await next(of: copy)
  }

  /// Ends what the connection is doing, which then is of no further use; otherwise it stays open.
  func abandon() async {
    await current?.rows.abandon()
    current?.reading?.abandon()
    current = nil
  }

  /// Ends the connection, and on the server what it is doing.
  func close() async {
    await abandon()
    session?.connection.close()
    session = nil
    locked = nil
  }

  /// Reads what is left, and waits for locks where it must: all other workers have been closed.
  func finishAlone() {
    isAlone = true
    unavailable = []
  }

  /// Others may read again at the same time.
  func joinOthers() {
    isAlone = false
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
    let table = work.tables[range.table]
    let reading = work.tracer?.beginReading(table)
    do throws(ReplicationError) {
      let rows = try await TableCopy.begin(
        range.command, of: table, at: work.consistentPoint, session)
      let copy = Copy(table: range.table, rows: rows, reading: reading)
      current = copy
      return copy
    } catch {
      reading?.abandon(error)
      throw error
    }
  }

  private func next(of copy: Copy) async throws(ReplicationError) -> Output {
    var copy = copy
    do throws(ReplicationError) {
      if let batch = try await copy.rows.next(atLeast: work.options.batchBytes) {
        copy.reading?.add(batch)
        current = copy
        return .rows(batch, table: copy.table)
      }
    } catch {
      current?.reading?.fail(error)
      throw error
    }
    copy.reading?.end()
    current = nil
    return .endOfRange(table: copy.table)
  }
}
