/// An open CopyBoth exchange: data in both directions over one connection.
///
/// This is the plain interface to a walsender, one message per call. It sends nothing by itself, so
/// its user has to answer keepalives and report progress. ReplicationCore's `Duplex` does that on
/// its own thread; use it for a connector.
public final class CopyBothStream: Sendable {
  private let connection: WireConnection
  private let machine = Lock(CopyBothMachine())
  private let outcome = Lock<CopyBothEnd?>(nil)

  init(_ connection: WireConnection) {
    self.connection = connection
  }

  /// How the exchange ended; `nil` while it is open.
  public var end: CopyBothEnd? { outcome.withLock { $0 } }

  /// The content of the next `CopyData`; decode it with ``CopyBothFrame``.
  ///
  /// - Returns: `nil` when the exchange has ended; ``end`` says how. An end that the server or the
  ///   network caused is not thrown.
  public func receive() async throws(PGWireError) -> [UInt8]? {
    if end != nil { return nil }
    return try await connection.withSession { session throws(PGWireError) in
      session.wait(for: .copyData, .after(nil))
      return try self.receive(&session)
    }
  }

  /// Sends one `CopyData`.
  ///
  /// - Parameter data: Its content, without the message's type and length.
  /// - Throws: ``PGWireError/closed`` if the exchange has ended.
  public func send(_ data: [UInt8]) async throws(PGWireError) {
    guard end == nil else { throw .closed }
    try await connection.withSession { session throws(PGWireError) in
      let message = FrontendMessage.copyData(data).encoded
      session.wait(for: .copyData, .after(nil))
      try session.send(message.span)
    }
  }

  /// Reports progress.
  ///
  /// - Throws: ``PGWireError/closed`` if the exchange has ended.
  public func send(_ update: StandbyStatusUpdate) async throws(PGWireError) {
    try await send(update.encoded)
  }

  /// Sends CopyDone and waits until the server has sent its own.
  ///
  /// The server may be silent for ``ConnectionLimits/answerTimeout``. Data that was still on the
  /// way is dropped. Afterwards the connection accepts queries again, but a second logical
  /// START_REPLICATION on it would end at once.
  ///
  /// - Returns: How the exchange ended.
  public func finish() async throws(PGWireError) -> CopyBothEnd {
    if let end { return end }
    _ = try await connection.withSession { session throws(PGWireError) -> Bool in
      session.wait(for: .endOfCopy, .ofLimits)
      if self.machine.withLock({ $0.finish() }) {
        try session.sendCopyDone()
      }
      while try self.receive(&session) != nil {}
      return true
    }
    return end ?? .connectionLost
  }

  private func receive(_ session: inout Session) throws(PGWireError) -> [UInt8]? {
    while end == nil {
      let next = try session.nextCopyBothMessage { message in
        self.machine.withLock { $0.receive(message) }
      }
      guard let (action, data) = next else {
        ended(machine.withLock { $0.connectionEnded() }, &session)
        return nil
      }
      switch action {
      case .deliver: return data
      case .sendCopyDone: try session.sendCopyDone()
      case .notice(let notice): session.onNotice?(notice)
      case .ended(let end): ended(end, &session)
      case .fail(let error): throw session.broken(.wire(error))
      case .discard, .wait, .parameterChanged: break
      }
    }
    return nil
  }

  private func ended(_ end: CopyBothEnd, _ session: inout Session) {
    outcome.withLock { $0 = end }
    session.copyBothFinished()
  }
}

extension Session {
  mutating func sendCopyDone() throws(PGWireError) {
    let message = FrontendMessage.copyDone.encoded
    try send(message.span)
  }

  /// Waits for the next message if necessary: what `judge` returns for it, and its data.
  ///
  /// - Returns: `nil` if the server closed the connection, or it broke.
  mutating func nextCopyBothMessage(
    _ judge: (BackendMessage) -> CopyBothMachine.Action
  ) throws(PGWireError) -> (CopyBothMachine.Action, [UInt8])? {
    var data: [UInt8] = []
    while true {
      try lookUp()
      do throws(WireError) {
        let next = try decoder.next(into: &data) { (tag, body) throws(WireError) in
          let action = try BackendMessage.decode(tag: tag, body) { message in
            patience.took(isAside: message.isAside)
            return judge(message)
          }
          return (action, action == .deliver)
        }
        if let next { return (next, data) }
      } catch {
        throw broken(.wire(error))
      }
      do {
        guard try receive() else { return nil }
      } catch .transport(.lost) {
        return nil
      }
    }
  }
}
