/// Why no bytes could be exchanged with the server.
@nonexhaustive public enum TransportError: Error, Hashable, Sendable {
  /// The host's name has no address that can be found.
  case unknownHost(String, reason: String)
  /// None of the host's addresses took the connection.
  case cannotConnect(to: String, failures: [ConnectFailure])
  /// The time for connecting was over.
  case connectTimedOut(to: String)
  /// The time for an answer was over.
  case timedOut
  /// The server closed the connection, without a word of why.
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
        + failures.map { "\($0.address): \(describeErrno($0.errno))" }.joined(separator: "; ")
    case .connectTimedOut(let target):
      "connecting to \(target) took longer than connect_timeout allows"
    case .timedOut: "the server did not answer in time"
    case .closedByServer: "the server closed the connection unexpectedly"
    case .lost(let errno): "the connection to the server is lost: \(describeErrno(errno))"
    case .tls(let error): "\(error)"
    case .noResources(let what, let errno): "\(what) failed: \(describeErrno(errno))"
    case .cancelled: "cancelled"
    }
  }
}
