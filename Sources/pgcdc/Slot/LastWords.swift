internal import Synchronization

/// Remembers what was said last, so that it is not said again.
final class LastWords: Sendable {
  private let last = Mutex("")

  func isNew(_ words: String) -> Bool {
    last.withLock { last in
      defer { last = words }
      return last != words
    }
  }
}
