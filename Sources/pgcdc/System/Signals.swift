#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif
internal import Synchronization

/// SIGINT and SIGTERM: the first one asks the work to end in good order, the second one ends it.
enum Signals {
  private static let received = Atomic<Int32>(0)
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)

  /// Takes the signals over.
  ///
  /// Called first of all, so that every thread inherits the mask.
  static func takeOver() {
    // Ignored signals, as a shell leaves them to its background jobs, would never arrive.
    for signal in [SIGINT, SIGTERM] { set(signal, SIG_DFL) }
    // A closed pipe is an error of the write, not the end of the program.
    set(SIGPIPE, SIG_IGN)
    var mask = mask
    unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
    var thread = makeThread()
    unsafe pthread_create(&thread, nil, { _ in Signals.wait() }, nil)
  }

  /// What to do at the first signal; at once if it has come already.
  static func onFirst(_ action: @escaping @Sendable () -> Void) {
    handler.withLock { $0 = action }
    if exitCode != nil { action() }
  }

  /// 128 and the signal's number, if one was received.
  static var exitCode: Int32? {
    let signal = received.load(ordering: .acquiring)
    return signal == 0 ? nil : 128 + signal
  }

  private static func wait() -> Never {
    var mask = mask
    while true {
      var signal: Int32 = 0
      guard unsafe sigwait(&mask, &signal) == 0 else { continue }
      let (isFirst, _) = received.compareExchange(
        expected: 0, desired: signal, ordering: .acquiringAndReleasing)
      guard isFirst else { _exit(128 + signal) }
      if let action = handler.withLock({ $0 }) { action() } else { _exit(128 + signal) }
    }
  }

  private static var mask: sigset_t {
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&mask, signal) }
    return mask
  }

  #if canImport(Darwin)
    private static func makeThread() -> pthread_t? { nil }
    private static func set(_ signal: Int32, _ action: sig_t?) {
      _ = unsafe Darwin.signal(signal, action)
    }
  #else
    private static func makeThread() -> pthread_t { pthread_t() }
    private static func set(_ number: Int32, _ action: sighandler_t?) {
      _ = signal(number, action)
    }
  #endif
}
