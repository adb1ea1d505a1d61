public import PGWire

/// An error of the control connection, which uses libpq.
@nonexhaustive public enum ControlError: Error, Hashable, Sendable {
  /// The server reported an error.
  case server(ServerError)
  /// The server requires a password that was not provided.
  case authentication(AuthenticationError)
  /// No server accepted the connection; the text is libpq's.
  case unreachable(String)
  /// libpq could not connect; the text is libpq's.
  case cannotConnect(String)
  /// Could not connect to any of several hosts; the failure of each, in the order of attempts.
  case noHost([HostFailure<ControlError>])
  /// The server is not of the kind that `target_session_attrs` asks for.
  case wrongSession(wanted: TargetSession)
  /// The session has another value for a setting than the one it was started with.
  case settingIgnored(String, expected: String, found: String)
  /// libpq always reads these environment variables, and can't connect with them; the reason is the
  /// text of libpq or of the server.
  case environment([String], reason: String)
  /// The libpq that this program is linked with, of this version, does not know a keyword.
  case keywordTooNew(String, libpq: Int)
  /// The connection broke; the text is libpq's.
  case lost(String)
  /// The server was silent for this long and is not busy with the statement, of which this is the
  /// beginning: the server or the network is frozen.
  case noAnswer(to: String, after: Duration)
  /// The server's answer does not have the expected form.
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
        + "a newer one, or leave the option out"
    case .lost(let words): "the connection is lost: \(words)"
    case .noAnswer(let statement, let time):
      "no answer within \(time.rounded) to \"\(statement)\", and the server is not busy with it; "
        + "the server or the network is frozen"
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
