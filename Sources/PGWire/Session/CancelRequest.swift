/// Asks a server to cancel what another session is doing.
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
  /// Whether the session goes over TLS.
  let isEncrypted: Bool

  /// How long all of it may take.
  static let patience = Duration.seconds(5)

  /// Sends it on a thread of its own, and waits a moment for it to arrive.
  ///
  /// A cancelled caller must not be delayed for long; but the request must have been sent even if
  /// the program ends right after.
  func send(waiting limit: Duration) {
    guard !key.isEmpty, let interrupt = try? Interrupt(), let done = try? Interrupt() else {
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

  /// The connection is checked and protected as the session's is (`requirepeer`, TLS, certificate);
  /// it ends when the server has done as asked.
  private func deliver(_ interrupt: Interrupt) throws(PGWireError) {
    let deadline = MonotonicTime.now() + Self.patience
    let transport: Transport
    do throws(TransportError) {
      let addresses = try SocketAddress.all(
        of: server.endpoint, interrupt: interrupt, until: deadline)
      guard let address = addresses.first else { return }
      transport = try Transport.connect(to: address, server, interrupt, until: deadline)
    } catch {
      throw .transport(error)
    }
    // The key is for the server that the session has, and for nobody else.
    try transport.checkPeer(server)
    let encryption: SessionMachine.Encryption =
      server.tls.negotiation == .direct ? .direct : .required
    let machine = SessionMachine(
      opening: .cancelRequest(processID: processID, key: key),
      encryption: isEncrypted ? encryption : .none)
    var session = Session(
      transport: transport, machine: machine, limits: ConnectionLimits(), interrupt: interrupt,
      tls: TLSTarget(server.tls, host: server.host))
    try session.start(until: deadline)
  }
}
