public import PGWire

/// Why the control connection, which goes over libpq, could not be made or used.
@nonexhaustive public enum ControlError: Error, Hashable, Sendable {
  /// The server reported an error.
  case server(ServerError)
  /// libpq could not connect; its words.
  case cannotConnect(String)
  /// The connection broke; libpq's words.
  case lost(String)
  /// The server's answer is not of the form that was asked for.
  case unexpectedResult(String)
  /// A socket or thread could not be had, or the task was cancelled.
  case transport(TransportError)

  /// The server's error, if it is one.
  public var serverError: ServerError? {
    if case .server(let error) = self { error } else { nil }
  }
}

extension ControlError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .server(let error): "\(error)"
    case .cannotConnect(let words): "cannot connect: \(words)"
    case .lost(let words): "the connection is lost: \(words)"
    case .unexpectedResult(let what): "unexpected answer: \(what)"
    case .transport(let error): "\(error)"
    }
  }
}
