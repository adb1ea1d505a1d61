/// A session over a socket: the machine says what to do, this does it, and waits where it must.
///
/// Its calls block. One thread of ours runs them, never the cooperative pool. An error leaves a
/// session that can't be used again; only a failed query leaves it as it was.
package struct Session: ~Copyable, Sendable {
  package var transport: Transport
  package internal(set) var machine: SessionMachine
  private var decoder: FrameDecoder
  private let interrupt: Interrupt
  /// How to go over to TLS, if the machine says so.
  let tls: TLSTarget?
  private var scratch = [UInt8](repeating: 0, count: 1 << 14)
  private(set) var isBroken = false

  /// The options that it was opened with, for the one host and address that it reached.
  package var server: ConnectionOptions?

  /// Called for each notice of the server.
  package var onNotice: (@Sendable (ServerError) -> Void)?

  package init(
    transport: consuming Transport, machine: SessionMachine, limits: FrameLimits,
    interrupt: Interrupt, tls: TLSTarget? = nil,
    onNotice: (@Sendable (ServerError) -> Void)? = nil
  ) {
    self.tls = tls
    self.transport = transport
    self.machine = machine
    self.decoder = FrameDecoder(limits: limits)
    self.interrupt = interrupt
    self.onNotice = onNotice
  }

  package mutating func start(until deadline: MonotonicTime?) throws(PGWireError) {
    var action = machine.start()
    while true {
      switch action {
      case .ready: return
      case .authenticated: decoder.isAuthenticated = true
      case .startTLS:
        action = try startTLS(until: deadline)
        continue
      default: try perform(action, until: deadline)
      }
      action =
        machine.awaitsTLSAnswer
        ? machine.receive(tlsAnswer: try receiveByte(until: deadline))
        : try nextAction(until: deadline)
    }
  }

  /// Runs one simple query, of one or more statements.
  package mutating func query(_ sql: String) throws(PGWireError) -> [QueryResult] {
    switch try run(sql) {
    case .queryFinished(let results): return results
    default: throw broken(.unexpectedMessage)
    }
  }

  /// Runs a command that the server answers with CopyBothResponse.
  package mutating func openCopyBoth(_ command: String) throws(PGWireError) {
    guard case .copyBothOpened = try run(command) else { throw broken(.unexpectedMessage) }
  }

  /// Runs a COPY … TO STDOUT until its data is about to come.
  package mutating func openCopyOut(_ sql: String) throws(PGWireError) -> CopyFormat {
    switch try run(sql, takesCopy: true) {
    case .copyOutOpened(let format): return format
    case .queryFinished: throw .unsupported("a statement that is no COPY … TO STDOUT as such")
    default: throw broken(.unexpectedMessage)
    }
  }

  /// Waits, between queries, until the session ends, and says why it did.
  package mutating func waitForEnd() -> PGWireError {
    guard !isBroken else { return .closed }
    while true {
      do throws(PGWireError) {
        try perform(try nextAction(until: nil), until: nil)
      } catch {
        return error
      }
    }
  }

  /// What makes the server give up the query that is under way.
  var cancelRequest: CancelRequest? {
    server.map {
      CancelRequest(
        server: $0, processID: machine.processID, key: machine.cancelKey,
        isEncrypted: transport.isEncrypted)
    }
  }

  /// CopyBoth ended in good order; queries may follow.
  package mutating func copyBothFinished() {
    machine.copyBothFinished()
  }

  /// COPY TO STDOUT has ended; queries may follow.
  mutating func copyOutFinished() {
    machine.copyOutFinished()
  }

  /// Bytes that were received and that no message has used up, for whoever reads from here on.
  package mutating func takeReceived() -> [UInt8] {
    decoder.takeRest()
  }

  /// Says goodbye, as far as the socket takes it without waiting.
  package mutating func terminate() {
    guard !isBroken else { return }
    isBroken = true
    let bytes = FrontendMessage.terminate.encoded
    _ = try? transport.write(bytes.span)
  }

  /// Sends a query and drives the machine to the result.
  private mutating func run(
    _ sql: String, takesCopy: Bool = false
  ) throws(PGWireError) -> SessionMachine.Action {
    guard !isBroken else { throw .closed }
    guard !sql.utf8.contains(0) else { throw .unsupported("a zero byte in a query") }
    var action = machine.query(sql, takesCopy: takesCopy)
    while true {
      switch action {
      case .queryFinished, .copyBothOpened, .copyOutOpened: return action
      case .queryFailed(let error): throw error
      default: try perform(action, until: nil)
      }
      action = try nextAction(until: nil)
    }
  }

  private mutating func perform(
    _ action: SessionMachine.Action, until deadline: MonotonicTime?
  ) throws(PGWireError) {
    switch action {
    case .send(let message):
      var bytes = message.encoded
      defer { if message.isSecret { wipe(&bytes) } }
      do throws(PGWireError) {
        try send(bytes.span, until: deadline)
      } catch .transport(let error) where error.isEndOfConnection {
        throw connectionBroke(error)
      }
    case .notice(let notice): onNotice?(notice)
    case .fail(let error): throw broken(error)
    default: break
    }
  }

  /// Reads until the machine has something to say.
  private mutating func nextAction(
    until deadline: MonotonicTime?
  ) throws(PGWireError) -> SessionMachine.Action {
    while true {
      do throws(WireError) {
        if let action = try Self.takeAction(&decoder, &machine) {
          if action != .wait { return action }
          continue
        }
      } catch {
        throw broken(.wire(error))
      }
      do throws(PGWireError) {
        guard try receive(until: deadline) else { throw broken(machine.connectionEnded()) }
      } catch .transport(.lost(let errno)) {
        throw connectionBroke(.lost(errno: errno))
      }
    }
  }

  /// Why the connection broke: the server's last words say it, if they have arrived.
  private mutating func connectionBroke(_ error: TransportError) -> PGWireError {
    var cause = error
    do throws(TransportError) {
      while case .moved = try readOnce() {}
    } catch {
      // What TLS was told tells more than that it could not write.
      if case .tls = error { cause = error }
    }
    while let action = try? Self.takeAction(&decoder, &machine) {
      if case .fail(let error) = action { return error }
    }
    return machine.connectionEnded(by: cause)
  }

  private static func takeAction(
    _ decoder: inout FrameDecoder, _ machine: inout SessionMachine
  ) throws(WireError) -> SessionMachine.Action? {
    try decoder.next { (tag, body) throws(WireError) in
      try BackendMessage.decode(tag: tag, body) { machine.receive($0) }
    }
  }

  /// Waits for bytes and takes them in.
  ///
  /// False at the end of the connection.
  package mutating func receive(until deadline: MonotonicTime?) throws(PGWireError) -> Bool {
    while true {
      switch try attempt({ (session) throws(TransportError) in try session.readOnce() }) {
      case .moved: return true
      case .end: return false
      case .wouldBlock(let readiness): try wait(for: readiness, until: deadline)
      }
    }
  }

  /// Whether every byte that came has been used up.
  var hasNothingReceived: Bool { decoder.pendingCount == 0 }

  /// Waits for one byte and takes no more than that.
  private mutating func receiveByte(until deadline: MonotonicTime?) throws(PGWireError) -> UInt8 {
    var byte: [UInt8] = [0]
    while true {
      let result = try attempt { (session) throws(TransportError) in
        try session.transport.read(into: &byte)
      }
      switch result {
      case .moved: return byte[0]
      case .end: throw broken(machine.connectionEnded())
      case .wouldBlock(let readiness): try wait(for: readiness, until: deadline)
      }
    }
  }

  /// Lends the next complete message to `body`; `nil` if there is none yet.
  package mutating func takeMessage<R>(
    _ body: (_ tag: UInt8, _ body: Span<UInt8>) throws(WireError) -> R
  ) throws(WireError) -> R? {
    try decoder.next(body)
  }

  private mutating func readOnce() throws(TransportError) -> TransferResult {
    let result = try transport.read(into: &scratch)
    if case .moved(let count) = result { decoder.append(scratch[..<count]) }
    return result
  }

  /// Writes all of `bytes`.
  package mutating func send(
    _ bytes: Span<UInt8>, until deadline: MonotonicTime?
  ) throws(PGWireError) {
    var sent = 0
    while sent < bytes.count {
      let result = try attempt { (session) throws(TransportError) in
        try session.transport.write(bytes.extracting(droppingFirst: sent))
      }
      switch result {
      case .moved(let count): sent += count
      case .end: throw broken(.transport(.closedByServer))
      case .wouldBlock(let readiness): try wait(for: readiness, until: deadline)
      }
    }
  }

  mutating func wait(
    for readiness: Readiness, until deadline: MonotonicTime?
  ) throws(PGWireError) {
    _ = try attempt { (session) throws(TransportError) in
      if session.interrupt.isTriggered { throw .cancelled }
      if let deadline, MonotonicTime.now() >= deadline { throw .timedOut }
      return try waitUntilReady(
        session.transport.descriptor, for: readiness, orWoken: session.interrupt.descriptor,
        until: deadline)
    }
  }

  /// Runs a step that touches the socket; a failure ends the session.
  mutating func attempt<R>(
    _ step: (inout Session) throws(TransportError) -> R
  ) throws(PGWireError) -> R {
    guard !isBroken else { throw .closed }
    do {
      return try step(&self)
    } catch {
      throw broken(.transport(error))
    }
  }

  /// Nothing can be done with the session after this.
  mutating func broken(_ error: PGWireError) -> PGWireError {
    isBroken = true
    return error
  }
}
