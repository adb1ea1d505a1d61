#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Threads of ours, for what blocks: Swift's cooperative pool must never wait for a network.
package enum OwnThread {
  /// Runs `body` on a new thread, which ends with it.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(TransportError) {
    let job = unsafe Unmanaged.passRetained(Job(body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let result = unsafe pthread_create(&thread, nil, runJob, job)
    guard result == 0 else {
      unsafe Unmanaged<Job>.fromOpaque(job).release()
      throw .noResources("pthread_create", errno: result)
    }
    #if canImport(Darwin)
      if let thread { unsafe pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
  }

  /// Runs `body` on a new thread and awaits its result.
  ///
  /// When the task is cancelled, `interrupt` is triggered; `body` waits on nothing but with it, and
  /// so ends at once.
  package static func run<R: Sendable, E: Error>(
    interrupt: Interrupt, failure: @Sendable (TransportError) -> E,
    _ body: @escaping @Sendable () throws(E) -> R
  ) async throws(E) -> R {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Result<R, E>, Never>) in
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
    } onCancel: {
      interrupt.trigger()
    }
    return try result.get()
  }

  private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  #if canImport(Darwin)
    private static let runJob:
      @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
        unsafe run($0)
      }
  #else
    private static let runJob:
      @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        if let job = unsafe $0 { unsafe run(job) }
        return nil
      }
  #endif

  @discardableResult
  private static func run(_ job: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    // The program's signal handlers run on the program's own threads.
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    unsafe Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body()
    return nil
  }
}
