internal import CSinkHiredis

/// Runs an actor's jobs one after the other on a thread of their own, so that they may block.
///
/// The thread starts with the first job, and ends when the executor is released.
final class ThreadExecutor: SerialExecutor {
  private let jobs = JobQueue()

  deinit { jobs.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    jobs.add(UnownedJob(job), for: self)
  }
}

/// Jobs that wait for their thread.
@safe private final class JobQueue: @unchecked Sendable {
  private struct Entry {
    let job: UnownedJob
    /// Kept until the job is done: its actor may be released by it.
    let executor: ThreadExecutor
  }

  /// Guards the rest.
  private let gate: UnsafeMutablePointer<pgsink_redis_gate>
  private var entries: [Entry] = []
  private var isStarted = false
  private var isClosed = false

  init() {
    unsafe gate = .allocate(capacity: 1)
    unsafe pgsink_redis_gate_open(gate)
  }

  deinit {
    unsafe pgsink_redis_gate_close(gate)
    unsafe gate.deallocate()
  }

  func add(_ job: UnownedJob, for executor: ThreadExecutor) {
    unsafe pgsink_redis_gate_lock(gate)
    defer { unsafe pgsink_redis_gate_unlock(gate) }
    entries.append(Entry(job: job, executor: executor))
    if !isStarted {
      isStarted = true
      start()
    }
    unsafe pgsink_redis_gate_signal(gate)
  }

  /// Lets the thread end once it has run what there is.
  func close() {
    unsafe pgsink_redis_gate_lock(gate)
    defer { unsafe pgsink_redis_gate_unlock(gate) }
    isClosed = true
    unsafe pgsink_redis_gate_signal(gate)
  }

  private func start() {
    let queue = unsafe Unmanaged.passRetained(self).toOpaque()
    let failure = unsafe pgsink_redis_start_thread(
      { queue in
        if let queue = unsafe queue {
          unsafe Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue().run()
        }
        return nil
      }, queue)
    precondition(failure == 0, "the system has no thread for a connection: error \(failure)")
  }

  private func run() {
    while let entry = next() {
      let executor = unsafe entry.executor.asUnownedSerialExecutor()
      unsafe entry.job.runSynchronously(on: executor)
      withExtendedLifetime(entry) {}
    }
  }

  private func next() -> Entry? {
    unsafe pgsink_redis_gate_lock(gate)
    defer { unsafe pgsink_redis_gate_unlock(gate) }
    while entries.isEmpty {
      if isClosed { return nil }
      unsafe pgsink_redis_gate_wait(gate)
    }
    return entries.removeFirst()
  }
}
