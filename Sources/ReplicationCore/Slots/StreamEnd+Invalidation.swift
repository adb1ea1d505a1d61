internal import PGWire

extension StreamEnd {
  /// The same end, with its cause if that was the slot's invalidation.
  ///
  /// The server's error does not say so in any field: "terminating connection due to administrator
  /// command" (SQLSTATE 57P01), or on a standby "conflict with recovery" (40001), with a detail in
  /// the server's language. The slot's row does. It is queried on the calling thread, which must be
  /// one of ours.
  func explained(by slot: SlotName, on server: ConnectionOptions) -> StreamEnd {
    guard case .failed(.connection(.server(let error))) = self,
      error.sqlState == .adminShutdown || error.sqlState == .serializationFailure,
      let interrupt = try? Interrupt()
    else { return self }
    var options = server
    options.connectTimeout = Self.lookTimeout
    guard var control = try? ControlConnection.open(options, interrupt: interrupt) else {
      return self
    }
    control.patience = AnswerPatience(limit: Self.lookTimeout, asks: false)
    // The server ends the stream first, and marks the slot a moment later.
    let end = MonotonicTime.now() + Self.markTime
    repeat {
      guard let found = try? control.ask(.slot(slot)) else { return self }
      if found.isLost { return .failed(.slotInvalidated(slot.text, found.invalidation, error)) }
      let pause = MonotonicTime.now() + .milliseconds(50)
      _ = try? waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: pause)
    } while MonotonicTime.now() < end
    return self
  }

  /// How long the query may take.
  private static let lookTimeout = Duration.seconds(3)
  /// How long the server may take to mark the slot, once its session has ended.
  private static let markTime = Duration.seconds(1)
}
