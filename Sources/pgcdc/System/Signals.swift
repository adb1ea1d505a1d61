internal import CReplicationSystem
internal import PGWire
internal import Synchronization

/// SIGINT and SIGTERM: the first one asks the work to end cleanly, a second one ends it.
///
/// The same signal again within a moment does not count as a second one: programs that run others
/// send it to the process and to its group.
///
/// The handler only writes the signal's number into a pipe. A thread reads it there, and does what
/// no signal handler may.
enum Signals {
  private static let received = Atomic<Int32>(0)
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)
  private static let readEnd = Atomic<Int32>(-1)
  private static let writeEnd = Atomic<Int32>(-1)
  private static let firstCame = Mutex<ContinuousClock.Instant?>(nil)
  private static let moment = Duration.milliseconds(250)

  /// Takes the signals over; called first of all.
  ///
  /// Ignored signals, as a shell leaves them to its background jobs, are taken over too.
  static func takeOver() {
    // A closed pipe is an error of the write, not the end of the program.
    pgrepl_ignore_signal(SIGPIPE)
    guard let ends = FileDescriptor.pipe(blocks: true) else { return }
    readEnd.store(ends.readEnd, ordering: .releasing)
    writeEnd.store(ends.writeEnd, ordering: .releasing)
    try? OwnThread.start { listen() }
    for number in [SIGINT, SIGTERM] {
      _ = pgrepl_handle_signal(number, 1) { Signals.caught($0) }
    }
  }

  /// What to do at the first signal; at once if it has come already.
  static func onFirst(_ action: @escaping @Sendable () -> Void) {
    handler.withLock { $0 = action }
    if exitCode != nil { action() }
  }

  /// Asks the work to end as SIGPIPE would end the process.
  static func readerIsGone() {
    act(on: SIGPIPE)
  }

  /// 128 and the signal's number, if one was received.
  static var exitCode: Int32? {
    let signal = received.load(ordering: .acquiring)
    return signal == 0 ? nil : 128 + signal
  }

  /// Runs in the signal handler, where next to nothing is allowed.
  private static func caught(_ number: Int32) {
    let saved = lastErrno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(writeEnd.load(ordering: .relaxed), &byte, 1)
    lastErrno = saved
  }

  private static func listen() {
    let readEnd = readEnd.load(ordering: .acquiring)
    while true {
      var number: UInt8 = 0
      let count = unsafe withUnsafeMutableBytes(of: &number) {
        unsafe Uninterrupted.read(readEnd, into: $0)
      }
      guard count == 1 else { return }
      act(on: Int32(number))
    }
  }

  private static func act(on signal: Int32) {
    let (isFirst, _) = received.compareExchange(
      expected: 0, desired: signal, ordering: .acquiringAndReleasing)
    if !isFirst, isEcho(of: signal) { return }
    guard isFirst, let action = handler.withLock({ $0 }) else { _exit(128 + signal) }
    firstCame.withLock { $0 = .now }
    action()
  }

  /// Whether it is the first signal once more.
  private static func isEcho(of signal: Int32) -> Bool {
    guard signal == received.load(ordering: .acquiring) else { return false }
    return firstCame.withLock { $0.map { .now - $0 < moment } ?? false }
  }
}
