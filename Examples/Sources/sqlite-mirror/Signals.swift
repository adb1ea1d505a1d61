import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first one asks for a clean end, the second one ends at once.
final class Signals {
  private let first = Mutex<Int32?>(nil)
  private var sources: [any DispatchSourceSignal] = []

  /// Takes the signals over, for as long as the object lives.
  init(onFirst action: @escaping @Sendable () -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [unowned self] in
        guard isFirst(number) else { _exit(128 + number) }
        action()
      }
      source.activate()
      sources.append(source)
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// The first signal that came.
  var received: Int32? { first.withLock { $0 } }

  private func isFirst(_ number: Int32) -> Bool {
    first.withLock { first in
      defer { first = first ?? number }
      return first == nil
    }
  }
}
