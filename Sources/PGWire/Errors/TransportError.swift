/// Why no bytes could be exchanged with the server.
@nonexhaustive public enum TransportError: Error, Hashable, Sendable {
  /// The host's name has no address that can be found.
  case unknownHost(String, reason: String)
  /// None of the host's addresses took the connection.
  case cannotConnect(to: String, failures: [ConnectFailure])
  /// The time for connecting was over, and what was awaited then.
  case connectTimedOut(to: String, awaiting: AwaitedAnswer = .connection)
  /// The server sent nothing for too long while it owed an answer.
  case noAnswer(AwaitedAnswer, after: Duration)
  /// The time for an answer was over.
  case timedOut
  /// The server closed the connection without giving a reason.
  case closedByServer
  /// The connection broke; the operating system's error number.
  case lost(errno: Int32)
  /// There is no TLS, or it broke.
  case tls(TLSError)
  /// The operating system refused something that a connection needs.
  case noResources(String, errno: Int32)
  /// The task that waited was cancelled, or the connection closed from our side.
  case cancelled

  /// One address that was tried, and why it failed.
  public struct ConnectFailure: Hashable, Sendable {
    /// The address and port, or the socket's path.
    public let address: String
    /// The operating system's error number.
    public let errno: Int32
    /// What was awaited, if the connection was there and the time for startup was over.
    public let awaiting: AwaitedAnswer?

    init(address: String, errno: Int32, awaiting: AwaitedAnswer? = nil) {
      self.address = address
      self.errno = errno
      self.awaiting = awaiting
    }
  }
}

extension TransportError {
  /// Whether the connection is gone, so that the server's last words may say why.
  var isEndOfConnection: Bool {
    switch self {
    case .lost, .closedByServer: true
    default: false
    }
  }
}

extension TransportError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .unknownHost(let host, let reason):
      "cannot find an address for host \"\(host)\": \(reason)"
    case .cannotConnect(let target, let failures):
      "cannot connect to \(target): "
        + failures.map { $0.description(without: target) }.joined(separator: "; ")
    case .connectTimedOut(let target, let awaited):
      "connecting to \(target) took longer than connect_timeout allows, waiting for \(awaited)"
    case .noAnswer(let awaited, let waited):
      """
      no answer from the server for \(waited.inSeconds), waiting for \(awaited); the server, or \
      the network in between, may be gone
      """
    case .timedOut: "the server did not answer in time"
    case .closedByServer: "the server closed the connection unexpectedly"
    case .lost(let errno): "the connection to the server is lost: \(describeErrno(errno))"
    case .tls(let error): "\(error)"
    case .noResources(let what, let errno): "\(what) failed: \(describeErrno(errno))"
    case .cancelled: "cancelled"
    }
  }
}

extension TransportError.ConnectFailure {
  /// What happened; with the address, unless that is known already.
  fileprivate func description(without known: String) -> String {
    let what =
      awaiting.map { "no answer in time, waiting for \($0)" } ?? describeErrno(errno)
    return address == known ? what : "\(address): \(what)"
  }
}

extension Duration {
  /// `30 s`, `0.25 s`.
  fileprivate var inSeconds: String {
    let (whole, attoseconds) = components
    let rest = attoseconds / 1_000_000_000_000_000
    guard rest != 0 else { return "\(whole) s" }
    let digits = String(1000 + rest).dropFirst()
    return "\(whole).\(digits) s"
  }
}
