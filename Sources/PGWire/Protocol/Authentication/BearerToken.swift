/// OAUTHBEARER: a token in one message.
///
///     client   n,, | 0x01 | auth=Bearer <token> | 0x01 | 0x01
///     server   AuthenticationOk, or AuthenticationSASLContinue with JSON: then
///     client   0x01, and the server's error follows
///
/// Protocol: <https://www.postgresql.org/docs/current/sasl-authentication.html>, RFC 7628; since
/// server 18.
enum BearerToken {
  /// The answer to a refusal.
  static let acknowledgement: [UInt8] = [1]

  /// - Throws: ``AuthenticationError/malformedToken`` for a token that has other characters than
  ///   RFC 6750 allows: they could pretend to be other parts of the message.
  static func initialResponse(_ token: Password) throws(AuthenticationError) -> SecretBytes {
    let message = token.withBytes { token -> [UInt8]? in
      guard isWellFormed(token) else { return nil }
      let (front, back) = (Array("n,,\u{1}auth=Bearer ".utf8), [1, 1] as [UInt8])
      return [UInt8](capacity: front.count + token.count + back.count) { output in
        for byte in front { output.append(byte) }
        for index in token.indices { output.append(token[index]) }
        for byte in back { output.append(byte) }
      }
    }
    guard let message else { throw .malformedToken }
    return SecretBytes(message)
  }

  /// `b64token`: letters, digits and `-._~+/`, then any number of `=`.
  private static func isWellFormed(_ token: Span<UInt8>) -> Bool {
    var end = token.count
    while end > 0, token[end - 1] == UInt8(ascii: "=") { end -= 1 }
    guard end > 0 else { return false }
    return (0..<end).allSatisfy { index in
      switch token[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
  }
}
