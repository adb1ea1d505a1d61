/// How a COPY … TO STDOUT proceeds and ends.
///
/// A pure value: it takes what arrives and returns what to do. The server sends CopyData, then
/// CopyDone and CommandComplete; or an error at any moment in place of them. ReadyForQuery ends it
/// in either case.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY>
package struct CopyOutMachine: Equatable, Sendable {
  package enum Action: Equatable, Sendable {
    /// CopyData: hand it on.
    case deliver
    /// Nothing to do.
    case wait
    case notice(ServerError)
    case parameterChanged(name: String, value: String)
    /// All data was sent; the server's command tag, such as `COPY 3`.
    case finished(commandTag: String)
    /// The server ended the COPY with an error; whether its session continues.
    case failed(ServerError, isOver: Bool)
    case fail(WireError)
  }

  private enum Phase: Equatable, Sendable {
    case copying
    case done
    case completed(String)
    case failed(ServerError)
  }

  private var phase = Phase.copying

  package init() {}

  /// Takes one message of the server.
  package mutating func receive(_ message: BackendMessage) -> Action {
    switch message {
    case .notice(let notice): return .notice(notice)
    case .parameterStatus(let name, let value): return .parameterChanged(name: name, value: value)
    case .notification: return .wait
    case .error(let error):
      phase = .failed(error)
      // After FATAL nothing comes any more.
      return error.severity == "FATAL" || error.severity == "PANIC"
        ? .failed(error, isOver: true) : .wait
    default: break
    }
    switch (phase, message) {
    case (.copying, .copyData): return .deliver
    case (.copying, .copyDone):
      phase = .done
      return .wait
    case (.done, .commandComplete(let tag)):
      phase = .completed(tag)
      return .wait
    case (.completed(let tag), .readyForQuery): return .finished(commandTag: tag)
    case (.failed(let error), .readyForQuery): return .failed(error, isOver: false)
    default: return .fail(.invalidValue(field: "message inside COPY", value: 0))
    }
  }

  /// The connection has ended: what the server said before, if anything.
  package var lastWords: ServerError? {
    if case .failed(let error) = phase { error } else { nil }
  }
}
