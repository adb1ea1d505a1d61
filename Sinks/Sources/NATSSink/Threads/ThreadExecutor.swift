/// Runs an actor's jobs one after the other, on a thread of its own.
///
/// The calls of the client library block, and Swift's cooperative pool must never wait for a
/// network. The thread ends once the executor is released.
final class ThreadExecutor: SerialExecutor {
  private let queue = JobQueue()

  init() {
    queue.startThread()
  }

  deinit {
    queue.close()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.add(UnownedJob(job), on: self)
  }
}
