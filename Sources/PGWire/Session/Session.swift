/// A session over a socket: the machine says what to do, this does it, and waits where it must.
///
/// Its calls block. One thread of ours runs them, never the cooperative pool. An error leaves a
/// session that can't be used again; only a failed query leaves it as it was.
package struct Session: ~Copyable, Sendable {
  package var transport: Transport
  package internal(set) var machine: SessionMachine
  var decoder: FrameDecoder
  let limits: ConnectionLimits
  let interrupt: Interrupt
  /// How long the current operation may take.
  var patience: Patience
  /// How to switch to TLS, if the machine says so.
  let tls: TLSTarget?
  var scratch = [UInt8](repeating: 0, count: 1 << 14)
  var isBroken = false

  /// The options that it was opened with, for the one host and address that it reached.
  package var server: ConnectionOptions?

  /// Called for each notice of the server.
  package var onNotice: (@Sendable (ServerError) -> Void)?

  package init(
    transport: consuming Transport, machine: SessionMachine, limits: ConnectionLimits,
    interrupt: Interrupt, tls: TLSTarget? = nil,
    onNotice: (@Sendable (ServerError) -> Void)? = nil
  ) {
    self.tls = tls
    self.transport = transport
    self.machine = machine
    self.limits = limits
    self.decoder = FrameDecoder(limits: limits.frames)
    self.interrupt = interrupt
    self.patience = Patience(for: .tlsAnswer, now: .now())
    self.onNotice = onNotice
  }

  /// Goes through startup.
  ///
  /// - Parameter deadline: When that must be done; ``ConnectionLimits/startupTimeout`` from now on
  ///   if there is none.
  package mutating func start(until deadline: MonotonicTime?) throws(PGWireError) {
    let now = MonotonicTime.now()
    patience = Patience(
      for: .endOfStartup, until: deadline ?? now + limits.startupTimeout, now: now)
    var action = machine.start()
    while true {
      try lookUp()
      switch action {
      case .ready:
        decoder.believesLongMessages = true
        return
      case .startTLS:
        action = try startTLS()
        continue
      case .hash:
        action = machine.hashOn()
        continue
      default: try perform(action)
      }
      action =
        machine.awaitsTLSAnswer
        ? machine.receive(tlsAnswer: try receiveByte()) : try nextAction()
    }
  }

  /// Runs one simple query, of one or more statements.
  package mutating func query(
    _ sql: String, answerTimeout: AnswerTimeout = .ofLimits
  ) throws(PGWireError) -> [QueryResult] {
    switch try run(sql, answerTimeout) {
    case .queryFinished(let results): return results
    default: throw broken(.unexpectedMessage)
    }
  }

  /// Runs a command that the server answers with CopyBothResponse.
  package mutating func openCopyBoth(
    _ command: String, answerTimeout: AnswerTimeout = .ofLimits
  ) throws(PGWireError) {
    guard case .copyBothOpened = try run(command, answerTimeout) else {
      throw broken(.unexpectedMessage)
    }
  }

  /// Runs a COPY … TO STDOUT until its data is about to come.
  package mutating func openCopyOut(
    _ sql: String, answerTimeout: AnswerTimeout = .ofLimits
  ) throws(PGWireError) -> CopyFormat {
    switch try run(sql, answerTimeout, takesCopy: true) {
    case .copyOutOpened(let format): return format
    case .queryFinished: throw .unsupported("a statement other than a plain COPY … TO STDOUT")
    default: throw broken(.unexpectedMessage)
    }
  }

  /// Waits, between queries, until the session ends, and returns why it did.
  package mutating func waitForEnd() -> PGWireError {
    guard !isBroken else { return .closed }
    wait(for: .endOfSession, .after(nil))
    while true {
      do throws(PGWireError) {
        try perform(try nextAction())
      } catch {
        return error
      }
    }
  }

  /// The request that cancels the running query.
  var cancelRequest: CancelRequest? {
    server.map {
      CancelRequest(
        server: $0, processID: machine.processID, key: machine.cancelKey,
        isEncrypted: transport.isEncrypted)
    }
  }

  /// CopyBoth ended cleanly; queries may follow.
  package mutating func copyBothFinished() {
    machine.copyBothFinished()
  }

  /// COPY TO STDOUT has ended; queries may follow.
  mutating func copyOutFinished() {
    machine.copyOutFinished()
  }

  /// Bytes that were received and that no message has used up, for the next reader.
  package mutating func takeReceived() -> [UInt8] {
    decoder.takeRest()
  }

  /// Sends Terminate, as far as the socket accepts it without waiting.
  package mutating func terminate() {
    guard !isBroken else { return }
    isBroken = true
    let bytes = FrontendMessage.terminate.encoded
    _ = try? transport.write(bytes.span)
  }

  /// Sends a query and drives the machine to the result.
  private mutating func run(
    _ sql: String, _ answerTimeout: AnswerTimeout, takesCopy: Bool = false
  ) throws(PGWireError) -> SessionMachine.Action {
    guard !isBroken else { throw .closed }
    guard !sql.utf8.contains(0) else { throw .unsupported("a zero byte in a query") }
    wait(for: .answer(to: sql), answerTimeout)
    var action = machine.query(sql, takesCopy: takesCopy)
    while true {
      switch action {
      case .queryFinished, .copyBothOpened, .copyOutOpened: return action
      case .queryFailed(let error): throw error
      default: try perform(action)
      }
      action = try nextAction()
    }
  }

  private mutating func perform(
    _ action: SessionMachine.Action
  ) throws(PGWireError) {
    switch action {
    case .send(let message):
      var bytes = message.encoded
      defer { if message.isSecret { wipe(&bytes) } }
      do throws(PGWireError) {
        try send(bytes.span)
      } catch .transport(let error) where error.isEndOfConnection {
        throw connectionBroke(error)
      }
    case .notice(let notice): onNotice?(notice)
    case .fail(let error): throw broken(error)
    default: break
    }
  }

  /// Reads until the machine returns an action.
  private mutating func nextAction() throws(PGWireError) -> SessionMachine.Action {
    while true {
      try lookUp()
      do throws(WireError) {
        if let action = try Self.takeAction(&decoder, &machine, &patience) {
          if action != .wait { return action }
          continue
        }
      } catch {
        throw broken(.wire(error))
      }
      do throws(PGWireError) {
        guard try receive() else { throw broken(machine.connectionEnded()) }
      } catch .transport(.lost(let errno)) {
        throw connectionBroke(.lost(errno: errno))
      }
    }
  }

  /// Why the connection broke: the server's last words say it, if they have arrived.
  private mutating func connectionBroke(_ error: TransportError) -> PGWireError {
    var cause = error
    do throws(TransportError) {
      // A server that never stops sending has no last words.
      for _ in 0..<64 {
        guard case .moved = try readOnce() else { break }
      }
    } catch {
      // The TLS alert says more than the error of the failed write.
      if case .tls = error { cause = error }
    }
    while let action = try? Self.takeAction(&decoder, &machine, &patience) {
      if case .fail(let error) = action { return error }
    }
    return machine.connectionEnded(by: cause)
  }

  private static func takeAction(
    _ decoder: inout FrameDecoder, _ machine: inout SessionMachine, _ patience: inout Patience
  ) throws(WireError) -> SessionMachine.Action? {
    try decoder.next { (tag, body) throws(WireError) in
      try BackendMessage.decode(tag: tag, body) { message in
        patience.took(isAside: message.isAside)
        return machine.receive(message)
      }
    }
  }
}
