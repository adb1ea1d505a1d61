/// The answer that the server still owed when a wait ended; errors name it.
@nonexhaustive public enum AwaitedAnswer: Hashable, Sendable {
  /// The connection of the socket.
  case connection
  /// The answer to SSLRequest.
  case tlsAnswer
  /// The end of the TLS handshake.
  case tlsHandshake
  /// The first answer to the StartupMessage.
  case startupPacket
  /// The next step of authentication.
  case authentication
  /// ReadyForQuery after authentication.
  case endOfStartup
  /// The answer to a command; its first word, `START_REPLICATION` for example.
  case command(String)
  /// The next data of a COPY.
  case copyData
  /// The end of a CopyBoth exchange, after our CopyDone.
  case endOfCopy
  /// The end of a session that is idle.
  case endOfSession

  /// The answer to this command, which may hold secrets behind its first word.
  static func answer(to sql: String) -> AwaitedAnswer {
    let word = sql.utf8.drop { $0 <= 0x20 }.prefix(32).prefix { byte in
      byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    return .command(word.isEmpty ? "a statement" : String(decoding: word, as: UTF8.self))
  }
}

extension AwaitedAnswer: CustomStringConvertible {
  public var description: String {
    switch self {
    case .connection: "a connection"
    case .tlsAnswer: "the answer to SSLRequest"
    case .tlsHandshake: "the end of the TLS handshake"
    case .startupPacket: "the answer to the startup packet"
    case .authentication: "the next step of authentication"
    case .endOfStartup: "the end of startup"
    case .command(let word): "the answer to \(word)"
    case .copyData: "the next data of COPY"
    case .endOfCopy: "the end of CopyBoth"
    case .endOfSession: "the end of the session"
    }
  }
}
