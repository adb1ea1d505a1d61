/// Asks a server to give up what another session is doing.
///
/// The request goes over a connection of its own, to the address that the session reached; the
/// server answers by closing it, whether there was something to cancel or not.
///
/// Message: CancelRequest,
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS>
struct CancelRequest: Sendable {
  /// The options for the one host and address that the session reached.
  let server: ConnectionOptions
  let processID: Int32
  let key: SecretBytes

  /// How long all of it may take.
  static let patience = Duration.seconds(5)

  /// Sends it on a thread of its own, and waits a moment for it to arrive.
  ///
  /// Whoever was cancelled must not be held up for long; but a program that ends right after has
  /// sent it by then.
  func send(waiting limit: Duration) {
    guard !key.bytes.isEmpty, let interrupt = try? Interrupt(), let done = try? Interrupt() else {
      return
    }
    try? OwnThread.start {
      try? deliver(interrupt)
      done.trigger()
    }
    let deadline = MonotonicTime.now() + limit
    while !done.isTriggered, MonotonicTime.now() < deadline {
      _ = try? waitUntilReady(
        done.descriptor, for: .read, orWoken: done.descriptor, until: deadline)
    }
  }

  private func deliver(_ interrupt: Interrupt) throws(TransportError) {
    let deadline = MonotonicTime.now() + Self.patience
    guard
      let address = try SocketAddress.all(
        of: server.endpoint, interrupt: interrupt, until: deadline
      ).first
    else { return }
    var transport = try Self.connect(to: address, server, interrupt, until: deadline)
    var bytes = OutgoingBytes()
    bytes.append(.cancelRequest(processID: processID, key: key))
    while !bytes.isEmpty {
      try bytes.write(to: &transport)
      if !bytes.isEmpty {
        try Self.wait(transport.descriptor, for: .write, interrupt, until: deadline)
      }
    }
    // The server closes the connection when it has done as asked.
    var answer = [UInt8](repeating: 0, count: 64)
    while case .wouldBlock(let readiness) = try transport.read(into: &answer) {
      try Self.wait(transport.descriptor, for: readiness, interrupt, until: deadline)
    }
  }

  /// A connection that is protected as the session's is.
  private static func connect(
    to address: SocketAddress, _ server: ConnectionOptions, _ interrupt: Interrupt,
    until deadline: MonotonicTime
  ) throws(TransportError) -> Transport {
    try Transport.connect(to: address, server, interrupt, until: deadline)
  }

  private static func wait(
    _ descriptor: Int32, for readiness: Readiness, _ interrupt: Interrupt,
    until deadline: MonotonicTime
  ) throws(TransportError) {
    guard MonotonicTime.now() < deadline else { throw .timedOut }
    _ = try waitUntilReady(
      descriptor, for: readiness, orWoken: interrupt.descriptor, until: deadline)
  }
}
