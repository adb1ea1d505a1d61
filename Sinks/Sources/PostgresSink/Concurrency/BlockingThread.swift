internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// Threads for calls that block: Swift's own threads must never wait for a network.
enum BlockingThread {
  /// Runs `body` on a new thread, and waits for what it returns.
  ///
  /// A task that is cancelled waits all the same: every wait of `body` has a limit of its own.
  static func run<R: Sendable>(
    _ body: @escaping @Sendable () throws(SinkError) -> R
  ) async throws(SinkError) -> R {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<R, SinkError>, Never>) in
      let job = Job {
        do throws(SinkError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
      if let failure = start(job) { continuation.resume(returning: .failure(failure)) }
    }
    return try result.get()
  }

  /// Starts a thread for a job.
  ///
  /// - Returns: Why it could not be started; `nil` if it was.
  private static func start(_ job: Job) -> SinkError? {
    let job = unsafe Unmanaged.passRetained(job).toOpaque()
    let failure = unsafe csinkpq_start_thread(
      { job in
        if let job = unsafe job { unsafe BlockingThread.run(job) }
        return nil
      }, job)
    guard failure != 0 else { return nil }
    unsafe Unmanaged<Job>.fromOpaque(job).release()
    return SinkError(
      engine: "PostgreSQL", .transient,
      "a thread could not be started: pthread_create returned \(failure)")
  }

  private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private static func run(_ job: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body()
  }
}
