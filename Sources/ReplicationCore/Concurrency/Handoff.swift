internal import PGWire

/// Hands values from the task that produces them to the one that consumes them.
///
/// It holds one: the producer continues only when that has been taken, so that two are alive, the
/// one that is used and the next.
final class Handoff<Element: Sendable>: Sendable {
  private enum Content: Sendable {
    case nothing
    case element(Element)
    case end
    case failure(ReplicationError)
  }

  private struct State {
    var content = Content.nothing
    var hasBegun = false

    var holdsElement: Bool {
      if case .element = content { true } else { false }
    }
  }

  private let state = Lock(State())
  private let arrived = Wakeup()
  private let taken = Wakeup()

  /// Whether the consumer is about to ask for the first element, or has asked.
  var hasBegun: Bool { state.withLock(\.hasBegun) }

  /// The consumer is about to ask.
  func begin() { state.withLock { $0.hasBegun = true } }

  /// Leaves an element for the consumer, and returns when it has been taken.
  ///
  /// - Throws: ``ReplicationError/cancelled``.
  func put(_ element: Element) async throws(ReplicationError) {
    leave(.element(element))
    while state.withLock(\.holdsElement) {
      guard !Task.isCancelled else { throw .cancelled }
      await taken.wait()
    }
  }

  /// No more elements come.
  func finish() { leave(.end) }

  /// No more elements come, because of an error; the first one counts.
  func fail(_ error: ReplicationError) { leave(.failure(error)) }

  /// Fails unless the consumer has begun, or is about to.
  ///
  /// - Returns: Whether it has failed.
  func failUnlessBegun(_ error: ReplicationError) -> Bool {
    let fails = state.withLock { state in
      if !state.hasBegun { state.content = .failure(error) }
      return !state.hasBegun
    }
    if fails { taken.wake() }
    return fails
  }

  private func leave(_ content: Content) {
    state.withLock { state in
      if case .failure = state.content { return }
      state.content = content
    }
    arrived.wake()
  }

  /// The next element; `nil` after the last.
  ///
  /// - Throws: What the producer failed with; ``ReplicationError/cancelled`` if this task was, and
  ///   then nothing is lost.
  func next() async throws(ReplicationError) -> Element? {
    while true {
      let content = state.withLock { state in
        state.hasBegun = true
        if case .element(let element) = state.content {
          state.content = .nothing
          return Content.element(element)
        }
        return state.content
      }
      switch content {
      case .element(let element):
        taken.wake()
        return element
      case .end: return nil
      case .failure(let error): throw error
      case .nothing:
        guard !Task.isCancelled else { throw .cancelled }
        await arrived.wait()
      }
    }
  }
}
