/// From authentication to the moment when the session takes queries.
extension SessionMachine {
  /// The server supports less than was requested, which it may report once and before all else.
  ///
  /// We ask for no options, so that none of them can be unknown.
  mutating func negotiate(_ code: Int32, _ unknown: [String]) -> Action {
    guard version == nil, !hasHeardOfAuthentication else { return unexpected }
    let known = WireProtocolVersion.allCases.first { $0.code == code }
    guard let known, known < versions.upperBound, unknown.isEmpty else {
      return .fail(.wire(.invalidValue(field: "protocol version to agree on", value: Int64(code))))
    }
    guard versions.contains(known) else {
      return .fail(.protocolTooOld(server: known, minimum: versions.lowerBound))
    }
    version = known
    return .wait
  }

  mutating func receiveWhileStarting(_ message: BackendMessage) -> Action {
    switch message {
    case .backendKeyData(let processID, let key):
      let length = version ?? versions.upperBound == .v30 ? 4...4 : 4...256
      guard length.contains(key.count) else {
        return .fail(
          .wire(.invalidValue(field: "secret key length", value: Int64(key.count))))
      }
      self.processID = processID
      cancelKey = SecretBytes(key)
      return .wait
    case .readyForQuery:
      state = .idle
      return .ready
    case .error(let error): return refusal(error)
    default: return unexpected
    }
  }

  /// The answer that the server owes before the session is ready; `nil` later.
  package var awaitedAtStartup: AwaitedAnswer? {
    switch state {
    case .initial, .awaitingTLSAnswer: .tlsAnswer
    case .handshaking: .tlsHandshake
    case .authenticating: hasHeardOfAuthentication ? .authentication : .startupPacket
    case .starting: .endOfStartup
    case .idle, .querying, .copyBoth, .copyOut, .closed: nil
    }
  }
}
