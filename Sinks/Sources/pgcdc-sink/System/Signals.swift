internal import CSinkSystem
internal import Foundation
internal import Synchronization

/// SIGINT and SIGTERM: the first one asks for a clean end, a second one ends the process at once.
///
/// The same signal again within a moment does not count as a second one: programs that run others
/// send it to the process and to its group.
enum Signals {
  private struct State {
    var first: Int32?
    var came = ContinuousClock.now
    var action: (@Sendable () -> Void)?
  }

  /// What follows from a signal.
  private enum Step {
    case nothing
    case exit
    case act(@Sendable () -> Void)
  }

  private static let state = Mutex(State())
  private static let moment = Duration.milliseconds(250)

  /// Takes the signals over; called first of all.
  static func takeOver() {
    let descriptor = sinksys_take_signals()
    guard descriptor >= 0 else { return }
    Thread.detachNewThread {
      while case let number = sinksys_next_signal(descriptor), number > 0 { act(on: number) }
    }
  }

  /// What to do at the first signal.
  ///
  /// Until this is called, a signal ends the process.
  static func onFirst(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.action = action }
  }

  /// 128 and the signal's number, if one was received.
  static var exitCode: Int32? { state.withLock { $0.first }.map { 128 + $0 } }

  private static func act(on number: Int32) {
    switch state.withLock({ step(after: number, &$0) }) {
    case .nothing: break
    case .exit: sinksys_exit_now(128 + number)
    case .act(let action): action()
    }
  }

  private static func step(after number: Int32, _ state: inout State) -> Step {
    guard let first = state.first else {
      guard let action = state.action else { return .exit }
      state.first = number
      state.came = .now
      return .act(action)
    }
    return number == first && .now - state.came < moment ? .nothing : .exit
  }
}
