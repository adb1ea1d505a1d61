internal import CReplicationSystem
internal import PGWire
internal import Synchronization

/// Forces a file that is written to the disk, and then reports it, on its own thread.
///
/// What is written while the disk is busy waits for the next turn, all of it together, so that the
/// writer is not held up: one turn serves many transactions.
final class DurableOutput: Sendable {
  private struct State {
    var waiting: [@Sendable () -> Void] = []
    /// Those that the disk is busy for.
    var running = 0
    var isBusy = false
    var failure: Int32?
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  /// - Parameter descriptor: An open regular file, which stays its owner's.
  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// How many actions wait for the disk at most; then the writer waits too.
  ///
  /// After a crash, what was written and not acknowledged is printed again. Together with as many
  /// that are acknowledged and not saved, this makes the 256 that the help promises.
  static let mostWaiting = 128

  /// Does something once all that has been written by now is on the disk.
  ///
  /// - Throws: ``FileError`` if something before could not be forced there.
  func afterwards(_ action: @escaping @Sendable () -> Void) throws(FileError) {
    while state.withLock({ $0.waiting.count + $0.running >= Self.mostWaiting && $0.isBusy }) {
      usleep(200)
    }
    let (failure, begins) = state.withLock { state in
      state.waiting.append(action)
      defer { state.isBusy = true }
      return (state.failure, !state.isBusy)
    }
    if let failure { throw Self.error(failure) }
    guard begins else { return }
    do throws(TransportError) {
      try OwnThread.start { [self] in work() }
    } catch {
      work()
    }
  }

  /// Waits until all has been done that waits for the disk.
  func drain() throws(FileError) {
    while state.withLock({ $0.isBusy }) { usleep(1000) }
    if let failure = state.withLock({ $0.failure }) { throw Self.error(failure) }
  }

  private func work() {
    while true {
      let actions = state.withLock { state in
        defer { state.waiting = [] }
        state.running = state.waiting.count
        if state.waiting.isEmpty || state.failure != nil { state.isBusy = false }
        return state.failure == nil ? state.waiting : []
      }
      if actions.isEmpty { return }
      guard FileDescriptor.synchronize(descriptor, metadata: false) else {
        let code = lastErrno
        state.withLock { $0.failure = code }
        continue
      }
      for action in actions { action() }
    }
  }

  private static func error(_ code: Int32) -> FileError {
    FileError(doing: "cannot force the output to the disk", reason: describeErrno(code))
  }
}
