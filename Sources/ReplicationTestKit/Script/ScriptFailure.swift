public import PGWire

/// Why a scripted server could not do what its script says.
public struct ScriptFailure: Error, Hashable, Sendable {
  /// What went wrong.
  @nonexhaustive public enum Reason: Hashable, Sendable {
    /// Nothing came, or nothing could be sent, for the server's timeout.
    case timedOut
    /// The client closed the connection too early.
    case clientClosed
    /// The client sent something else than the step expects.
    case unexpected(ClientMessage)
    /// The client sent bytes that are not a message.
    case malformed(WireError)
    /// The operating system refused something; its error number.
    case system(String, errno: Int32)
    /// A step's own code threw this.
    case stepThrew(String)
    /// The server was stopped before its script was over.
    case stopped
  }

  /// What went wrong.
  public let reason: Reason
  /// The step that failed, by number and name, if it was in a script.
  public internal(set) var step: String?

  /// A failure for a step's own code to throw.
  public init(_ reason: Reason) {
    self.reason = reason
  }
}

extension ScriptFailure: CustomStringConvertible {
  public var description: String {
    "\(step ?? "the scripted server"): \(reason)"
  }
}

extension ScriptFailure.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .timedOut: "nothing happened within the time that a step may take"
    case .clientClosed: "the client closed the connection"
    case .unexpected(let message): "the client sent \(message) instead"
    case .malformed(let error): "the client sent bytes that are not a message: \(error)"
    case .system(let call, let errno): "\(call) failed: \(describeErrno(errno))"
    case .stepThrew(let error): error
    case .stopped: "the server was stopped"
    }
  }
}

extension ScriptFailure {
  init(transport error: TransportError) {
    switch error {
    case .lost(let errno): self.init(.system("the socket", errno: errno))
    case .noResources(let call, let errno): self.init(.system(call, errno: errno))
    default: self.init(.stepThrew("\(error)"))
    }
  }
}
