/// What the server asks for before it accepts the session: the `R` messages.
///
///     R | code 4 | …        0 Ok · 3 cleartext · 5 MD5: salt 4 · 10 SASL: names …, 0
///                           11 SASL continue: data … · 12 SASL final: data …
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
package enum AuthenticationRequest: Hashable, Sendable {
  case ok
  case cleartextPassword
  case md5Password(salt: UInt32)
  case sasl(mechanisms: [String])
  case saslContinue([UInt8])
  case saslFinal([UInt8])
  /// A method that is not supported (Kerberos, GSSAPI, SSPI and the obsolete ones).
  case unsupported(code: Int32)

  init(decoding bytes: Span<UInt8>) throws(WireError) {
    var rest = bytes
    let code = try rest.readInt32()
    switch code {
    case 0: self = .ok
    case 3: self = .cleartextPassword
    case 5: self = .md5Password(salt: try rest.readUInt32())
    case 10: self = .sasl(mechanisms: try Self.readMechanisms(&rest))
    case 11: self = .saslContinue(try rest.readBytes(rest.count))
    case 12: self = .saslFinal(try rest.readBytes(rest.count))
    default:
      self = .unsupported(code: code)
      return
    }
    try rest.expectEnd()
  }

  private static func readMechanisms(_ rest: inout Span<UInt8>) throws(WireError) -> [String] {
    var names: [String] = []
    while true {
      let name = try rest.readCString()
      if name.isEmpty { return names }
      names.append(name)
    }
  }
}
