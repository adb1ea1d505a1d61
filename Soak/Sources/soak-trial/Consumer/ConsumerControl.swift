import Dispatch
import Foundation
import ReplicationCore
import Synchronization

/// What signals tell a consumer: TERM ends it, USR1 makes it slow, USR2 makes it quick again.
final class ConsumerControl: Sendable {
  private let stopped = Atomic<Bool>(false)
  private let slow = Atomic<Bool>(false)
  private let subscription = Mutex<Subscription?>(nil)

  var isStopped: Bool { stopped.load(ordering: .acquiring) }
  var isSlow: Bool { slow.load(ordering: .acquiring) }

  /// Stops this one when the consumer is told to end.
  func use(_ next: Subscription) {
    subscription.withLock { $0 = next }
    if isStopped { next.stop() }
  }

  func stop() {
    stopped.store(true, ordering: .releasing)
    subscription.withLock { $0 }?.stop()
  }

  /// Takes the signals over, for as long as what is returned lives.
  func takeSignals() -> [any DispatchSourceSignal] {
    [SIGTERM, SIGINT, SIGUSR1, SIGUSR2].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        switch number {
        case SIGUSR1: slow.store(true, ordering: .releasing)
        case SIGUSR2: slow.store(false, ordering: .releasing)
        default: stop()
        }
      }
      source.activate()
      return source
    }
  }
}
