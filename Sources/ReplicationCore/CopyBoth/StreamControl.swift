internal import PGWire
internal import Synchronization

/// What the consumer's side asks of the stream's thread.
final class StreamControl: Sendable {
  enum Request: Sendable {
    /// Go on.
    case none
    /// Report progress, say CopyDone, wait for the server's.
    case finish
  }

  struct Orders: Sendable {
    var progress: Progress?
    var asksForReply = false
    var request = Request.none
  }

  private let orders = Mutex(Orders())
  private let hasOrders = Atomic<Bool>(false)
  private let wake: @Sendable () -> Void

  init(wake: @escaping @Sendable () -> Void) {
    self.wake = wake
  }

  /// Adds to the orders and wakes the thread, unless it has been woken for earlier ones.
  func order(_ change: (inout Orders) -> Void) {
    orders.withLock { change(&$0) }
    if !hasOrders.exchange(true, ordering: .acquiringAndReleasing) { wake() }
  }

  /// Takes the orders that came since the last time.
  func take() -> Orders? {
    guard hasOrders.exchange(false, ordering: .acquiringAndReleasing) else { return nil }
    return orders.withLock { orders in
      let taken = orders
      orders.progress = nil
      orders.asksForReply = false
      return taken
    }
  }
}
