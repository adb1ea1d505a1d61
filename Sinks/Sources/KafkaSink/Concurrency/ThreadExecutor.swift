internal import CSinkRdKafka
internal import Synchronization

/// Runs what an actor does on one thread of its own: calls of librdkafka block, and Swift's threads
/// must never wait for a network.
///
/// The actor that owns it ends it in its `deinit`; until then the thread keeps it alive.
@safe final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  private struct State {
    var jobs: [UnownedJob] = []
    var isStarted = false
    var isEnded = false
  }

  private let state = Mutex(State())
  /// Raised when there is something to do.
  private let work: UnsafeMutablePointer<pgcdc_kafka_signal>

  init() {
    unsafe work = pgcdc_kafka_signal_new()
  }

  deinit {
    unsafe pgcdc_kafka_signal_free(work)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    // The job may end the actor, and this with it, before the thread is woken.
    let kept = unsafe Unmanaged.passRetained(self)
    defer { unsafe kept.release() }
    let job = UnownedJob(job)
    let isFirst = state.withLock { state in
      state.jobs.append(job)
      defer { state.isStarted = true }
      return !state.isStarted
    }
    if isFirst { start() }
    unsafe pgcdc_kafka_signal_raise(work)
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }

  /// No more jobs follow: the actor is gone.
  func end() {
    state.withLock { $0.isEnded = true }
    unsafe pgcdc_kafka_signal_raise(work)
  }

  private func start() {
    let failure = unsafe pgcdc_kafka_start_thread(
      { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<ThreadExecutor>.fromOpaque(context).takeRetainedValue().run()
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(failure == 0, "the system has no thread for a sink: error \(failure)")
  }

  private func run() {
    while true {
      unsafe pgcdc_kafka_signal_wait(work)
      let (jobs, isEnded) = state.withLock { state in
        defer { state.jobs = [] }
        return (state.jobs, state.isEnded)
      }
      for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
      if isEnded { return }
    }
  }
}
