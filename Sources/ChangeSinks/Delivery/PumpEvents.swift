internal import PGWire
internal import ReplicationCore

/// What a pump waits for: the next item, while a batch is being written, or the end of that.
final class PumpEvents: Sendable {
  typealias Item = Result<SubscriptionItem?, any Error>

  private struct State {
    var item: Item?
    var isWritten = false
  }

  private let state = Lock(State())
  private let events: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  init() {
    (events, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// The item has come.
  func arrived(_ item: Item) {
    state.withLock { $0.item = item }
    signal.yield()
  }

  /// The batch is durable, or could not be written.
  func written() {
    state.withLock { $0.isWritten = true }
    signal.yield()
  }

  /// The item, once it has come.
  func takeItem() -> Item? { state.withLock { $0.item.take() } }

  /// Whether a batch has been written; it is then forgotten.
  func takeWritten() -> Bool {
    state.withLock { state in
      defer { state.isWritten = false }
      return state.isWritten
    }
  }

  /// Waits for one of the two; it may also return without.
  func wait() async {
    var events = events.makeAsyncIterator()
    _ = await events.next()
  }
}
