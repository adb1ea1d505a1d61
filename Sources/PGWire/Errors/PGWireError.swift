/// Why a connection could not be made or used.
@nonexhaustive public enum PGWireError: Error, Hashable, Sendable {
  /// The connection string, a parameter or the environment can't be right.
  case options(ConnectionOptionsError)
  /// No bytes could be exchanged.
  case transport(TransportError)
  /// The peer sent bytes that are not a PostgreSQL message.
  case wire(WireError)
  /// The client could not authenticate, or refused to.
  case authentication(AuthenticationError)
  /// The server reported an error.
  case server(ServerError)
  /// The server refused with TLS, and also without; its error for each.
  case refusedBothWays(withTLS: ServerError, withoutTLS: ServerError)
  /// No connection to any of several hosts; what happened to each, in the order they were tried.
  case noHost([HostFailure<PGWireError>])
  /// The server is not of the kind that `target_session_attrs` asks for.
  case wrongSession(wanted: TargetSession)
  /// The server speaks no version of the protocol that is new enough.
  case protocolTooOld(server: WireProtocolVersion, minimum: WireProtocolVersion)
  /// A setting that was sent with the startup packet is not what the session has.
  case settingIgnored(String, expected: String, found: String)
  /// The server sent more than ``ConnectionLimits`` allow; which limit, and its value.
  case limitExceeded(ExceededLimit, limit: Int)
  /// A message that is not allowed at this point.
  case unexpectedMessage
  /// Something that is not supported was requested; the value names it.
  case unsupported(String)
  /// Another task is using the connection, or CopyBoth is.
  case busy
  /// The connection was closed, or broke earlier.
  case closed

  /// Whether the wait ended because the task was cancelled or the connection closed by us.
  public var isCancelled: Bool { self == .transport(.cancelled) }
}

extension PGWireError {
  /// The server's error, if it is one; where it refused with and without TLS, the one with TLS.
  public var serverError: ServerError? {
    switch self {
    case .server(let error): error
    case .refusedBothWays(let withTLS, _): withTLS
    default: nil
    }
  }
}

extension PGWireError: CustomStringConvertible {
  /// What went wrong, in one line; neither a password nor the values of a row.
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .options(let error): "\(error)"
    case .transport(let error): "\(error)"
    case .wire(let error): "the server broke the protocol: \(error)"
    case .authentication(let error): "\(error)"
    case .server(let error): error.explained
    case .refusedBothWays(let withTLS, let withoutTLS):
      "the server refused with TLS: \(withTLS.explained); and without TLS: \(withoutTLS)"
    case .noHost(let failures):
      "could not connect to any host: \(failures.map(\.description).joined(separator: "; "))"
    case .wrongSession(let wanted): wanted.complaint
    case .protocolTooOld(let server, let minimum):
      "the server speaks protocol \(server.rawValue), and min_protocol_version is "
        + minimum.rawValue
    case .settingIgnored(let name, let expected, let found):
      """
      the session was given \(name)='\(expected)' and has '\(found)': values could be misread, and \
      SQL could mean something else. A pooler in between drops or shares settings; connect to the \
      server itself
      """
    case .limitExceeded(let what, let limit):
      "the server sent more than \(limit) \(what); the limit is ConnectionLimits.\(what.rawValue)"
    case .unexpectedMessage: "the server broke the protocol: a message came out of place"
    case .unsupported(let what): "not supported: \(what)"
    case .busy: "the connection is in use, by another task or by CopyBoth; one call at a time"
    case .closed: "the connection is closed"
    }
  }
}

extension PGWireError: HostError {
  package var leavesOtherHosts: Bool {
    switch self {
    case .transport(.unknownHost), .transport(.cannotConnect), .transport(.connectTimedOut),
      .wrongSession:
      true
    default: serverError?.sqlState == .cannotConnectNow
    }
  }

  package static func allFailed(_ failures: [HostFailure<PGWireError>]) -> PGWireError {
    .noHost(failures)
  }
}

extension TargetSession {
  /// What is wrong with a server that is not of this kind.
  package var complaint: String {
    let what =
      switch self {
      case .readWrite: "its sessions are read-only"
      case .readOnly: "its sessions are not read-only"
      case .primary: "it is a standby"
      case .standby: "it is not a standby"
      case .any, .preferStandby: "it is of another kind"
      }
    return "the server does not satisfy target_session_attrs=\(rawValue): \(what)"
  }
}
