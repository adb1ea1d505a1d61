internal import Configuration
internal import Synchronization

/// Remembers which keys were asked for, so that a key that nobody knows is found.
final class KeyRecorder: AccessReporter {
  private let asked = Mutex<Set<String>>([])

  /// The keys, with dots between their parts.
  var keys: Set<String> { asked.withLock { $0 } }

  func report(_ event: AccessEvent) {
    let key = event.metadata.key.components.joined(separator: ".")
    asked.withLock { _ = $0.insert(key) }
  }
}
