/// How a CopyBoth exchange proceeds and ends.
///
/// A pure value: it takes what arrives and returns what to do. Servers don't follow the
/// documentation strictly here: data may follow after our CopyDone, an error is followed by
/// ReadyForQuery at once, and a server that shuts down sends CommandComplete and closes the
/// connection, without a CopyDone.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY>
package struct CopyBothMachine: Equatable, Sendable {
  package enum Action: Equatable, Sendable {
    /// CopyData: hand it on.
    case deliver
    /// CopyData after our CopyDone: it is not needed any more.
    case discard
    /// The server is done: answer with CopyDone.
    case sendCopyDone
    /// Nothing to do.
    case wait
    case notice(ServerError)
    case parameterChanged(name: String, value: String)
    case ended(CopyBothEnd)
    case fail(WireError)
  }

  private enum Phase: Equatable, Sendable {
    case streaming
    case done
    case ended
  }

  private var phase = Phase.streaming
  private var completed = false
  /// The error that the server has reported.
  package private(set) var failure: ServerError?

  /// Whether data that comes now is a part of the stream.
  package var takesData: Bool { phase == .streaming && !completed && failure == nil }

  package init() {}

  /// We want to end.
  ///
  /// True if CopyDone has to be sent, which is the case only once.
  package mutating func finish() -> Bool {
    guard phase == .streaming, failure == nil else { return false }
    phase = .done
    return true
  }

  /// Takes one message of the server.
  package mutating func receive(_ message: BackendMessage) -> Action {
    guard phase != .ended else { return .wait }
    switch message {
    case .copyData:
      return takesData ? .deliver : .discard
    case .copyDone:
      guard phase == .streaming else { return .wait }
      phase = .done
      return .sendCopyDone
    case .commandComplete:
      completed = true
      return .wait
    case .error(let reported):
      let error = reported.during(.startReplication)
      failure = error
      // After FATAL nothing comes any more; after ERROR the session continues.
      return error.severity == "FATAL" || error.severity == "PANIC" ? end(.failed(error)) : .wait
    case .readyForQuery:
      return end(failure.map(CopyBothEnd.failed) ?? .finished)
    case .notice(let notice): return .notice(notice)
    case .parameterStatus(let name, let value): return .parameterChanged(name: name, value: value)
    case .notification: return .wait
    default: return .fail(.invalidValue(field: "message inside CopyBoth", value: 0))
    }
  }

  /// The connection was closed by the server.
  package mutating func connectionEnded() -> CopyBothEnd {
    defer { phase = .ended }
    if let failure { return .failed(failure) }
    return completed ? .serverShutdown : .connectionLost
  }

  private mutating func end(_ end: CopyBothEnd) -> Action {
    phase = .ended
    return .ended(end)
  }
}

/// How a CopyBoth exchange ended.
@nonexhaustive public enum CopyBothEnd: Hashable, Sendable {
  /// Both sides said CopyDone. The session can be used for queries again.
  case finished
  /// The server is shutting down and has sent everything that it had.
  case serverShutdown
  /// The server reported an error.
  case failed(ServerError)
  /// The connection closed without a message: a crash, an immediate shutdown, a replication
  /// timeout.
  case connectionLost
}
