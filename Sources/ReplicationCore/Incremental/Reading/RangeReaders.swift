internal import PGWire

/// Reads ranges of tables over ordinary connections, several at the same time.
///
/// Each range is a ``RangeJob``. What jobs report is kept until it is taken; what a job reports of
/// a range that is no longer its own is dropped.
final class RangeReaders: RangeReading {
  struct State {
    /// The ranges that somebody is busy with.
    var jobs: [RangeID: RangeJob] = [:]
    /// Jobs that have not ended, abandoned ones included.
    var running: [ObjectIdentifier: RangeJob] = [:]
    var reports: [ReadingReport] = []
    var wake: (@Sendable () -> Void)?
    var isClosed = false
    var observation = Observation.none
  }

  /// Whether a snapshot is being asked for by itself.
  enum Observation {
    case none
    case running
    /// Another has been asked for since.
    case runningWithNext
  }

  let client: Client
  let context: RangeJob.Context
  let state = Lock(State())

  init(client: Client, options: RangeReadingOptions = RangeReadingOptions()) {
    self.client = client
    context = RangeJob.Context(
      options: options, publications: client.params.publications,
      // One more for questions beside the workers.
      sessions: ReadingSessions(
        client: client, limit: max(options.workers, 1) + 1,
        idleTimeout: options.idleTimeout),
      plans: RangePlans(targetBytes: options.chunkBytes),
      slots: WorkerSlots(limit: max(options.workers, 1)))
  }

  // MARK: Ranges

  var hasFreeWorker: Bool {
    context.slots.hasFree && state.withLock { !$0.isClosed }
  }

  func offer(_ id: RangeID, of table: IncrementalTable, _ range: KeyRange) {
    let job = RangeJob(id, table, range, context)
    let former = state.withLock { state -> RangeJob? in
      state.forget(id)
      let former = state.jobs[id]
      guard !state.isClosed else { return former }
      state.jobs[id] = job
      state.running[ObjectIdentifier(job)] = job
      context.slots.take()
      return former
    }
    former?.end()
    guard state.withLock({ !$0.isClosed }) else { return }
    job.start(
      report: { [weak self, weak job] report in
        guard let self, let job else { return }
        self.report(report, of: job)
      },
      ended: { [weak self, weak job] in
        guard let self, let job else { return }
        self.ended(job)
      })
  }

  func begin(_ id: RangeID, _ range: KeyRange) { send(.begin(range), to: id) }

  func release(_ id: RangeID) { abandon(id) }

  func perform(_ action: SnapshotAction) {
    switch action {
    case .takeSnapshot(let id): send(.takeSnapshot, to: id)
    case .repeatSnapshot(let id): send(.repeatSnapshot, to: id)
    case .readChunk(let id): send(.readChunk, to: id)
    case .abandon(let id): abandon(id)
    case .observeSnapshot: observe()
    }
  }

  func chunkBegins(_ id: RangeID) {
    state.withLock { $0.jobs[id] }?.batches.begin()
  }

  func nextBatch(of id: RangeID) async throws(ReplicationError) -> SnapshotBatch? {
    let (found, isClosed) = state.withLock { ($0.jobs[id], $0.isClosed) }
    guard let job = found else {
      if isClosed { throw .closed }
      throw .invalidParameter("a range that nobody reads has no rows")
    }
    do throws(ReplicationError) {
      let batch = try await job.batches.next()
      if batch == nil { state.withLock { $0.remove(job) } }
      return batch
    } catch {
      // A consumer that was cancelled can come again; a worker that has failed can't, and need not
      // report that too.
      if !error.isCancellation { state.withLock { $0.remove(job) } }
      throw error
    }
  }

  private func send(_ command: RangeCommands.Command, to id: RangeID) {
    state.withLock { $0.jobs[id] }?.commands.send(command)
  }

  private func abandon(_ id: RangeID) {
    let job = state.withLock { state in
      state.forget(id)
      return state.jobs.removeValue(forKey: id)
    }
    job?.end()
  }

  private func ended(_ job: RangeJob) {
    let wake = state.withLock { state in
      state.running[ObjectIdentifier(job)] = nil
      return state.wake
    }
    context.slots.giveBack(1)
    wake?()
  }

  // MARK: Reports

  func takeReports() -> [ReadingReport] {
    state.withLock { state in
      defer { state.reports = [] }
      for case .failed(let id, _) in state.reports { state.jobs[id] = nil }
      return state.reports
    }
  }

  func onReport(_ wake: @escaping @Sendable () -> Void) {
    let hasReports = state.withLock { state in
      state.wake = wake
      return !state.reports.isEmpty
    }
    if hasReports { wake() }
  }

  private func report(_ report: ReadingReport, of job: RangeJob) {
    let wake = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.jobs[job.id] === job else { return nil }
      state.reports.append(report)
      return state.wake
    }
    wake?()
  }

  // MARK: End

  func close() async {
    let jobs = state.withLock { state in
      state.isClosed = true
      state.jobs = [:]
      state.reports = []
      return Array(state.running.values)
    }
    for job in jobs { job.end() }
    for job in jobs { await job.wait() }
    context.sessions.close()
  }
}

extension RangeReaders.State {
  /// Drops what was reported of a range: the next one of its name must not be taken for it.
  fileprivate mutating func forget(_ id: RangeID) {
    reports.removeAll { $0.range == id }
  }

  /// A job is over, and its range with it.
  fileprivate mutating func remove(_ job: RangeJob) {
    guard jobs[job.id] === job else { return }
    jobs[job.id] = nil
    forget(job.id)
  }
}

extension ReadingReport {
  /// The range that it is about.
  var range: RangeID? {
    switch self {
    case .ready(let id, _), .lockHeld(let id), .snapshotTaken(let id, _, _), .waitedTooLong(let id),
      .failed(let id, _):
      id
    case .observed, .observationFailed: nil
    }
  }
}
