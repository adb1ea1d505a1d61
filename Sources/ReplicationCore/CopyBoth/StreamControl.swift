internal import PGWire
internal import Synchronization

/// Requests of the consumer's side to the stream's thread.
final class StreamControl: Sendable {
  struct Orders: Sendable {
    var progress: Progress?
    /// Whether the progress must be reported soon.
    var isUrgent = false
    /// Report progress and ask the server for its position.
    var asksForReply = false
    /// Report progress, send CopyDone, and wait for the server's CopyDone.
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
