/// The data of a COPY … TO STDOUT that is under way.
///
/// Nothing is read in advance: data that was not asked for waits on the server. It ends with
/// ``receive(atLeast:)`` returning `nil`, or with ``abandon()``.
///
///     let copy = try await connection.copyOut("COPY t TO STDOUT WITH (FORMAT binary)")
///     var rows = CopyRowParser(copy.format)
///     while let data = try await copy.receive(atLeast: 1 << 16) {
///       try rows.take(data)…
///     }
public final class CopyOutStream: Sendable {
  private let connection: WireConnection
  private let machine = Lock(CopyOutMachine())
  private let outcome = Lock<Outcome?>(nil)
  private let answerTimeout: AnswerTimeout

  /// The format of the rows.
  public let format: CopyFormat

  private enum Outcome {
    case finished(commandTag: String)
    case failed
  }

  init(_ connection: WireConnection, _ format: CopyFormat, _ answerTimeout: AnswerTimeout) {
    self.answerTimeout = answerTimeout
    self.connection = connection
    self.format = format
  }

  /// The server's command tag, such as `COPY 3`; `nil` before the end.
  public var commandTag: String? {
    outcome.withLock { if case .finished(let tag) = $0 { tag } else { nil } }
  }

  /// The next bytes of the data, as many whole `CopyData` messages as it takes.
  ///
  /// - Parameter count: The number of bytes to wait for; at the end there may be fewer. Messages
  ///   are returned whole, and one may be up to 1 GiB long, so there may be more, by less than one
  ///   message.
  /// - Returns: `nil` when everything was returned; ``commandTag`` then says what the server did.
  /// - Throws: ``PGWireError/server(_:)`` if the server ended the COPY with an error; the
  ///   connection stays usable unless the error is FATAL. When the task is cancelled, the COPY is
  ///   cancelled on the server, and the connection is closed.
  public func receive(atLeast count: Int = 1) async throws(PGWireError) -> [UInt8]? {
    guard !isOver else { return nil }
    let data = try await connection.withSession { session throws(PGWireError) in
      try session.cancellingOnServer { session throws(PGWireError) in
        try self.receive(&session, atLeast: max(count, 1))
      }
    }
    return data.isEmpty ? nil : data
  }

  /// Abandons the rest of the data: cancels the COPY on the server and closes the connection.
  ///
  /// It also works if the task is cancelled. After the end it does nothing.
  public func abandon() async {
    guard !isOver else { return }
    _ = try? await connection.withSession { session throws(PGWireError) in
      session.cancelRequest?.send(waiting: .milliseconds(80))
      session.terminate()
    }
    connection.close()
  }

  private var isOver: Bool { outcome.withLock { $0 != nil } }

  private func receive(
    _ session: inout Session, atLeast count: Int
  ) throws(PGWireError) -> [UInt8] {
    var data: [UInt8] = []
    session.wait(for: .copyData, answerTimeout)
    while data.count < count, !isOver {
      let next = try session.nextCopyOutMessage(into: &data) { message in
        self.machine.withLock { $0.receive(message) }
      }
      guard let next else {
        outcome.withLock { $0 = .failed }
        let words = machine.withLock { $0.lastWords }
        throw session.broken(words.map(PGWireError.server) ?? .transport(.closedByServer))
      }
      switch next {
      case .notice(let notice): session.onNotice?(notice)
      case .finished(let tag):
        session.copyOutFinished()
        outcome.withLock { $0 = .finished(commandTag: tag) }
      case .failed(let error, let isOver):
        outcome.withLock { $0 = .failed }
        if isOver { throw session.broken(.server(error)) }
        session.copyOutFinished()
        throw .server(error)
      case .fail(let error): throw session.broken(.wire(error))
      case .deliver, .wait, .parameterChanged: break
      }
    }
    return data
  }
}

extension Session {
  /// Runs `body`; if the task is cancelled, or a limit is exceeded, cancels the command on the
  /// server.
  ///
  /// If the connection were only closed, the server would continue.
  mutating func cancellingOnServer<R>(
    _ body: (inout Session) throws(PGWireError) -> R
  ) throws(PGWireError) -> R {
    do throws(PGWireError) {
      return try body(&self)
    } catch {
      switch error {
      case .transport(.cancelled), .transport(.noAnswer), .limitExceeded:
        cancelRequest?.send(waiting: .milliseconds(80))
      default: break
      }
      throw error
    }
  }

  /// Waits for the next message if necessary: what `judge` returns for it.
  ///
  /// - Parameter data: Takes what is to be delivered, at its end.
  /// - Returns: `nil` if the server closed the connection.
  fileprivate mutating func nextCopyOutMessage(
    into data: inout [UInt8], _ judge: (BackendMessage) -> CopyOutMachine.Action
  ) throws(PGWireError) -> CopyOutMachine.Action? {
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
        if let next { return next }
      } catch {
        throw broken(.wire(error))
      }
      guard try receive() else { return nil }
    }
  }
}
