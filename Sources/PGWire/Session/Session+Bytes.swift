/// How long the server may be silent while it owes an answer.
package enum AnswerTimeout: Hashable, Sendable {
  /// As ``ConnectionLimits/answerTimeout`` says.
  case ofLimits
  /// This long; `nil` for no limit.
  case after(Duration?)
}

/// Reading, writing and waiting.
extension Session {
  /// Waits for bytes and takes them in.
  ///
  /// False at the end of the connection.
  package mutating func receive() throws(PGWireError) -> Bool {
    while true {
      switch try attempt({ (session) throws(TransportError) in try session.readOnce() }) {
      case .moved: return true
      case .end: return false
      case .wouldBlock(let readiness): try wait(for: readiness)
      }
    }
  }

  /// Whether every byte that came has been used up.
  var hasNothingReceived: Bool { decoder.pendingCount == 0 }

  /// Waits for one byte and takes no more than that.
  mutating func receiveByte() throws(PGWireError) -> UInt8 {
    var byte: [UInt8] = [0]
    while true {
      let result = try attempt { (session) throws(TransportError) in
        try session.transport.read(into: &byte)
      }
      switch result {
      case .moved: return byte[0]
      case .end: throw broken(machine.connectionEnded())
      case .wouldBlock(let readiness): try wait(for: readiness)
      }
    }
  }

  /// Passes the next complete message to `body`; `nil` if there is none yet.
  package mutating func takeMessage<R>(
    _ body: (_ tag: UInt8, _ body: Span<UInt8>) throws(WireError) -> R
  ) throws(WireError) -> R? {
    try decoder.next(body)
  }

  mutating func readOnce() throws(TransportError) -> TransferResult {
    let result = try transport.read(into: &scratch)
    if case .moved(let count) = result {
      decoder.append(scratch[..<count])
      patience.moved(at: .now())
    }
    return result
  }

  /// Writes all of `bytes`.
  package mutating func send(_ bytes: Span<UInt8>) throws(PGWireError) {
    var sent = 0
    while sent < bytes.count {
      try lookUp()
      let result = try attempt { (session) throws(TransportError) in
        try session.transport.write(bytes.extracting(droppingFirst: sent))
      }
      switch result {
      case .moved(let count):
        sent += count
        patience.moved(at: .now())
      case .end: throw broken(.transport(.closedByServer))
      case .wouldBlock(let readiness): try wait(for: readiness)
      }
    }
  }

  mutating func wait(for readiness: Readiness) throws(PGWireError) {
    try lookUp()
    _ = try attempt { (session) throws(TransportError) in
      try waitUntilReady(
        session.transport.descriptor, for: readiness, orWoken: session.interrupt.descriptor,
        until: session.patience.due)
    }
  }

  /// From here on the server owes this answer.
  mutating func wait(for awaited: AwaitedAnswer, _ timeout: AnswerTimeout) {
    let silence: Duration? =
      switch timeout {
      case .ofLimits: limits.answerTimeout
      case .after(let silence): silence
      }
    patience = Patience(for: awaited, silence: silence, now: .now())
  }

  /// Ends the session if the task was cancelled, or the time is over.
  ///
  /// Called in each iteration of each receive loop, not only when there is nothing to read.
  mutating func lookUp() throws(PGWireError) {
    _ = try attempt { (session) throws(TransportError) in
      if session.interrupt.isTriggered { throw .cancelled }
      guard let due = session.patience.due else { return }
      let now = MonotonicTime.now()
      guard now >= due else { return }
      throw .noAnswer(
        session.machine.awaitedAtStartup ?? session.patience.awaited,
        after: session.patience.waited(at: now))
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
