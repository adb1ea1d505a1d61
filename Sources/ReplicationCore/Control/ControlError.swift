public import PGWire

/// Why the control connection, which goes over libpq, could not be made or used.
@nonexhaustive public enum ControlError: Error, Hashable, Sendable {
  /// The server reported an error.
  case server(ServerError)
  /// The server asks for a password that is not there.
  case authentication(AuthenticationError)
  /// Nobody took the connection; libpq's words.
  case unreachable(String)
  /// libpq could not connect; its words.
  case cannotConnect(String)
  /// None of several hosts could be connected to; what happened to each, in the order of attempts.
  case noHost([HostFailure<ControlError>])
  /// The server is not of the kind that `target_session_attrs` asks for.
  case wrongSession(wanted: TargetSession)
  /// The session does not have a setting that it was given; what it has instead.
  case settingIgnored(String, expected: String, found: String)
  /// libpq reads these environment variables whatever it is told, and can't connect with them; its
  /// words or the server's.
  case environment([String], reason: String)
  /// The libpq that this program is linked with does not know a keyword; its version.
  case keywordTooNew(String, libpq: Int)
  /// The connection broke; libpq's words.
  case lost(String)
  /// The server was silent for so long, and is not busy with the statement: it, or the network, is
  /// frozen. The statement's first words.
  case noAnswer(to: String, after: Duration)
  /// The server's answer is not of the form that was asked for.
  case unexpectedResult(String)
  /// A socket or thread was unavailable, or the task was cancelled.
  case transport(TransportError)

  /// The server's error, if it is one.
  public var serverError: ServerError? {
    if case .server(let error) = self { error } else { nil }
  }
}

extension ControlError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .server(let error): error.explained
    case .authentication(let error): "\(error)"
    case .unreachable(let words), .cannotConnect(let words): "cannot connect: \(words)"
    case .noHost(let failures):
      "could not connect to any host: \(failures.map(\.description).joined(separator: "; "))"
    case .wrongSession(let wanted): wanted.complaint
    case .settingIgnored(let name, let expected, let found):
      "\(PGWireError.settingIgnored(name, expected: expected, found: found))"
    case .environment(let variables, let reason):
      "cannot connect: \(reason); libpq always reads \(variables.joined(separator: ", ")) from the "
        + "environment: unset it, or give it a valid value"
    case .keywordTooNew(let name, let version):
      "\(name) is not known to libpq \(version / 10_000), which this program is linked with; link "
        + "a newer one, or do without"
    case .lost(let words): "the connection is lost: \(words)"
    case .noAnswer(let statement, let time):
      "no answer within \(time.rounded) to \"\(statement)\", and the server is not busy with it; "
        + "it or the network is frozen"
    case .unexpectedResult(let what): "unexpected answer: \(what)"
    case .transport(let error): "\(error)"
    }
  }
}

extension ControlError: HostError {
  package var leavesOtherHosts: Bool {
    switch self {
    case .transport(.unknownHost), .transport(.connectTimedOut), .unreachable, .wrongSession: true
    case .server(let error): error.sqlState == .cannotConnectNow
    default: false
    }
  }

  package static func allFailed(_ failures: [HostFailure<ControlError>]) -> ControlError {
    .noHost(failures)
  }
}
