internal import CSinkNATS

/// Jobs that wait for their thread.
@safe final class JobQueue: @unchecked Sendable {
  /// A job, and its executor, which stays while the job waits and runs.
  private struct Entry {
    let job: UnownedJob
    let executor: ThreadExecutor
  }

  private let monitor: UnsafeMutablePointer<sink_nats_monitor>
  /// Guarded by the monitor, as is ``isClosed``.
  private var entries: [Entry] = []
  private var isClosed = false

  init() {
    unsafe monitor = sink_nats_monitor_create()
  }

  deinit {
    unsafe sink_nats_monitor_destroy(monitor)
  }

  /// Adds a job, and wakes the thread.
  func add(_ job: UnownedJob, on executor: ThreadExecutor) {
    unsafe sink_nats_monitor_lock(monitor)
    entries.append(Entry(job: job, executor: executor))
    unsafe sink_nats_monitor_wake(monitor)
    unsafe sink_nats_monitor_unlock(monitor)
  }

  /// Ends the thread, once the jobs that wait have run.
  func close() {
    unsafe sink_nats_monitor_lock(monitor)
    isClosed = true
    unsafe sink_nats_monitor_wake(monitor)
    unsafe sink_nats_monitor_unlock(monitor)
  }

  /// Starts the thread, which keeps the queue.
  func startThread() {
    let queue = unsafe Unmanaged.passRetained(self).toOpaque()
    let failure = unsafe sink_nats_start_thread(
      { queue in
        if let queue = unsafe queue {
          unsafe Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue().run()
        }
        return nil
      }, queue)
    precondition(failure == 0, "no thread could be started")
  }

  /// Runs jobs until the queue is closed.
  private func run() {
    while let found = takeAll() {
      for entry in found {
        unsafe entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
      }
    }
  }

  /// Waits for jobs; `nil` if none come any more.
  private func takeAll() -> [Entry]? {
    unsafe sink_nats_monitor_lock(monitor)
    defer { unsafe sink_nats_monitor_unlock(monitor) }
    while entries.isEmpty {
      if isClosed { return nil }
      unsafe sink_nats_monitor_wait(monitor)
    }
    defer { entries = [] }
    return entries
  }
}
