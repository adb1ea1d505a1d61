internal import CReplicationSystem

/// Threads of ours, for what blocks: Swift's cooperative pool must never wait for a network.
package enum OwnThread {
  /// Runs `body` on a new thread, which ends with it.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(TransportError) {
    let job = unsafe Unmanaged.passRetained(Job(body)).toOpaque()
    let failure = unsafe pgrepl_start_thread(
      { job in
        if let job = unsafe job { unsafe OwnThread.run(job) }
        return nil
      }, job)
    guard failure == 0 else {
      unsafe Unmanaged<Job>.fromOpaque(job).release()
      throw .noResources("pthread_create", errno: failure)
    }
  }

  /// Runs `body` on a new thread and awaits its result; a cancelled task waits all the same.
  package static func run<R: Sendable, E: Error>(
    failure: @Sendable (TransportError) -> E, _ body: @escaping @Sendable () throws(E) -> R
  ) async throws(E) -> R {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<R, E>, Never>) in
      do throws(TransportError) {
        try start {
          do throws(E) {
            continuation.resume(returning: .success(try body()))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      } catch {
        continuation.resume(returning: .failure(failure(error)))
      }
    }
    return try result.get()
  }

  /// Runs `body` on a new thread and awaits its result.
  ///
  /// When the task is cancelled, `interrupt` is triggered; `body` includes it in every wait, and so
  /// ends at once.
  package static func run<R: Sendable, E: Error>(
    interrupt: Interrupt, failure: @Sendable (TransportError) -> E,
    _ body: @escaping @Sendable () throws(E) -> R
  ) async throws(E) -> R {
    let result = await withTaskCancellationHandler {
      () async -> Result<R, E> in
      do throws(E) {
        return .success(try await run(failure: failure, body))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      interrupt.trigger()
    }
    return try result.get()
  }

  /// The same with an interrupt made for this call alone.
  package static func run<R: Sendable, E: Error>(
    failure: @Sendable (TransportError) -> E,
    _ body: @escaping @Sendable (Interrupt) throws(E) -> R
  ) async throws(E) -> R {
    let interrupt: Interrupt
    do throws(TransportError) {
      interrupt = try Interrupt()
    } catch {
      throw failure(error)
    }
    return try await run(interrupt: interrupt, failure: failure) { () throws(E) in
      try body(interrupt)
    }
  }

  private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private static func run(_ job: UnsafeMutableRawPointer) {
    // The program's signal handlers run on the program's own threads.
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    unsafe Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body()
  }
}
