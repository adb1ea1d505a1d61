internal import PGWire
internal import Synchronization

/// What the consumer's side asks of the stream's thread.
final class StreamControl: Sendable {
  struct Orders: Sendable {
    var progress: Progress?
    /// Whether it is to be reported soon.
    var isUrgent = false
    /// Report progress and ask the server how far it is.
    var asksForReply = false
    /// Report progress, say CopyDone, wait for the server to say the same.
    var finishes = false
    /// Whether the server shuts down, once that was found out.
    var isShuttingDown: Bool?
  }

  private let orders = Lock(Orders())
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
      orders.isUrgent = false
      orders.asksForReply = false
      orders.isShuttingDown = nil
      return taken
    }
  }
}
