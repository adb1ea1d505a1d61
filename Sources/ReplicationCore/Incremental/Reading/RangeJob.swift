internal import PGWire

/// The reading of one range, from the offer to its last row.
///
/// It is one task, which does what it is told step by step. Between the steps it holds nothing but
/// what the next step needs: no connection before it is to lock the table, no transaction before
/// and after the chunk.
final class RangeJob: Sendable {
  /// What all jobs share.
  struct Context: Sendable {
    let options: RangeReadingOptions
    let publications: [String]
    let sessions: ReadingSessions
    let plans: RangePlans
    let slots: WorkerSlots
  }

  let id: RangeID
  let batches = Handoff<SnapshotBatch>()
  let commands = RangeCommands()
  let query: RangeQuery
  private let offered: KeyRange
  let context: Context
  private let task = Lock<Task<Void, Never>?>(nil)

  init(_ id: RangeID, _ table: IncrementalTable, _ range: KeyRange, _ context: Context) {
    self.id = id
    self.context = context
    query = RangeQuery(table: table, prefersBinary: context.options.prefersBinary)
    offered = range
  }

  /// Begins, and returns.
  ///
  /// - Parameters:
  ///   - report: Is told what has happened.
  ///   - ended: Is told that nothing more will, and that the worker is free.
  func start(
    report: @escaping @Sendable (ReadingReport) -> Void, ended: @escaping @Sendable () -> Void
  ) {
    let running = Task {
      do throws(ReplicationError) {
        try await run(report)
      } catch {
        let error = explained(error)
        batches.fail(error)
        if !commands.hasEnded { report(.failed(id, error)) }
      }
      ended()
    }
    task.withLock { $0 = running }
  }

  /// Gives the range up: what is running on the server is cancelled, and rolled back.
  func end() {
    if !commands.end() { task.withLock { $0 }?.cancel() }
  }

  /// Returns when it has ended.
  func wait() async {
    await task.withLock { $0 }?.value
  }

  private func run(
    _ report: @escaping @Sendable (ReadingReport) -> Void
  ) async throws(ReplicationError) {
    report(.ready(id, upTo: try await findCut()))
    guard case .begin(let range) = await commands.next() else { return }
    let session = try await lock()
    report(.lockHeld(id))
    let expiry = startExpiry(report)
    let timer = Lock<Task<Void, Never>?>(nil)
    defer {
      expiry.cancel()
      timer.withLock { $0 }?.cancel()
    }
    let last: SnapshotBatch?
    do throws(ReplicationError) {
      let point = try await takeSnapshot(session) { point, flushed in
        report(.snapshotTaken(self.id, point, flushed: flushed))
        timer.withLock { $0 = $0 ?? self.startTimer(report) }
      }
      guard let point else {
        batches.fail(.cancelled)
        return await context.sessions.giveBack(session, isClean: false)
      }
      last = try await read(range, at: point, session)
      try await session.execute("COMMIT")
    } catch {
      await context.sessions.giveBack(session, isClean: false)
      throw error
    }
    // The transaction has ended; the worker is busy until its last batch has been taken.
    await context.sessions.giveBack(session, isClean: true)
    if let last { try await batches.put(last) }
    batches.finish()
  }

  private func startTimer(
    _ report: @escaping @Sendable (ReadingReport) -> Void
  ) -> Task<Void, Never> {
    Task {
      guard (try? await Task.sleep(for: context.options.longestWait)) != nil,
        !batches.hasBegun
      else { return }
      report(.waitedTooLong(id))
    }
  }

  /// Gives the range back if nobody wants its rows: a consumer may sleep for hours, and so long
  /// everybody who wants to alter the table would have to wait, and all behind him.
  private func startExpiry(
    _ report: @escaping @Sendable (ReadingReport) -> Void
  ) -> Task<Void, Never> {
    Task {
      let limit = context.options.longestHold
      let error = ReplicationError.snapshotRefused(
        .notTaken(query.table.table.qualifiedName, after: limit))
      guard (try? await Task.sleep(for: limit)) != nil, batches.failUnlessBegun(error) else {
        return
      }
      report(.failed(id, error))
      end()
    }
  }

  /// Asks where to cut the range; a lock that is not free is waited for with nothing in hand.
  private func findCut() async throws(ReplicationError) -> KeyBound? {
    let shape = query.table.shape
    if shape.columns.isEmpty || offered.isSingleKey(shape) { return nil }
    return try await retryingLocks { () async throws(ReplicationError) in
      try await context.sessions.transaction(lockTimeout: context.options.lockTimeout) {
        session throws(ReplicationError) in
        try await context.plans.cut(offered, of: query, session)
      }
    }
  }

  /// Begins the transaction, and returns with the lock; between attempts it holds nothing.
  private func lock() async throws(ReplicationError) -> SnapshotSession {
    try await retryingLocks { () async throws(ReplicationError) in
      try await begin(waiting: context.options.lockTimeout, context.sessions.take())
    }
  }

  private func begin(
    waiting timeout: Duration?, _ session: SnapshotSession
  ) async throws(ReplicationError) -> SnapshotSession {
    do throws(ReplicationError) {
      try await session.beginReading(query, waiting: timeout)
      return session
    } catch {
      await context.sessions.giveBack(session, isClean: false)
      throw error
    }
  }

  /// Takes a snapshot, and another as often as it is told to, until one is good.
  ///
  /// - Returns: `nil` if the range is not to be read.
  private func takeSnapshot(
    _ session: SnapshotSession, _ taken: (ReadPoint, LSN) -> Void
  ) async throws(ReplicationError) -> ReadPoint? {
    var last: ReadPoint?
    while true {
      switch await commands.next() {
      case .takeSnapshot: break
      case .repeatSnapshot:
        try await session.execute("COMMIT")
        try await pause(context.options.repeatPause)
        try await session.beginReading(query, waiting: nil)
      case .readChunk:
        if let last { return last }
        continue
      case .begin: continue
      case .end: return nil
      }
      let (point, flushed) = try await session.takePoint()
      last = point
      taken(point, flushed)
    }
  }

  // MARK: Waiting

  private func retryingLocks<R: Sendable>(
    _ body: () async throws(ReplicationError) -> R
  ) async throws(ReplicationError) -> R {
    var wait = context.options.lockPause
    for _ in 1..<max(1, context.options.lockAttempts) {
      do throws(ReplicationError) {
        return try await body()
      } catch {
        guard error.sqlState == .lockNotAvailable, !commands.hasEnded else { throw error }
        try await pause(wait)
        wait = min(wait * 2, .seconds(1))
      }
    }
    return try await body()
  }

  private func pause(_ time: Duration) async throws(ReplicationError) {
    guard (try? await Task.sleep(for: time)) != nil else { throw .cancelled }
  }

  /// What an error means for a range.
  private func explained(_ error: ReplicationError) -> ReplicationError {
    if case .snapshotRefused(.changed) = error {
      return .snapshotRefused(.alteredWhileRead(query.table.table.qualifiedName))
    }
    guard let state = error.sqlState, Self.states.contains(state.rawValue) else { return error }
    return .snapshotRefused(.alteredWhileRead(query.table.table.qualifiedName))
  }

  /// What a server says of a table that was altered since: invalid_schema_name, wrong_object_type,
  /// undefined_table, undefined_column, undefined_function (of operators, too), datatype_mismatch.
  private static let states: Set<String> = ["3F000", "42809", "42P01", "42703", "42883", "42804"]
}

extension KeyRange {
  /// Whether it is the range of one row.
  fileprivate func isSingleKey(_ shape: KeyShape) -> Bool {
    guard let start, let end else { return false }
    return start.key == end.key && start.key.values.count == shape.columns.count
  }
}
