extension SessionMachine {
  /// Whether a session is encrypted, and how that begins.
  package enum Encryption: Hashable, Sendable {
    case none
    /// The server is asked, and may decline.
    case ifOffered
    /// The server is asked; if it declines, the session ends.
    case required
    /// TLS begins without asking.
    case direct
  }

  /// Whether the next byte, and that byte alone, is the answer to SSLRequest.
  ///
  /// Nothing after it may be read before the handshake: it would be taken for a part of the
  /// encrypted session, no matter who sent it.
  package var awaitsTLSAnswer: Bool {
    if case .awaitingTLSAnswer = state { true } else { false }
  }

  var isHandshaking: Bool {
    if case .handshaking = state { true } else { false }
  }

  /// Takes the answer to SSLRequest.
  package mutating func receive(tlsAnswer: UInt8) -> Action {
    guard awaitsTLSAnswer else { return close(on: unexpected) }
    switch (tlsAnswer, encryption) {
    case (UInt8(ascii: "S"), _):
      state = .handshaking
      return .startTLS
    case (UInt8(ascii: "N"), .ifOffered): return sendStartup(.none)
    case (UInt8(ascii: "N"), _): return close(on: .fail(.transport(.tls(.notOffered))))
    case (UInt8(ascii: "E"), _): return close(on: .fail(.transport(.tls(.refused))))
    default: return close(on: .fail(.transport(.tls(.unexpectedAnswer(tlsAnswer)))))
    }
  }

  /// The handshake is done, and the server's certificate checked.
  package mutating func tlsStarted(_ hash: CertificateHash) -> Action {
    guard isHandshaking else { return close(on: unexpected) }
    return sendStartup(.encrypted(hash))
  }
}
