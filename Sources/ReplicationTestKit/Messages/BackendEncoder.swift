internal import PGWire

/// What a server sends, as bytes: the inverse of the client's decoders.
///
/// Each function returns whole messages, tag and length included; several are joined with `+`.
/// Nothing is checked, so that it can also build what no server sends.
///
///     let bytes = BackendEncoder.authenticationOk() + BackendEncoder.readyForQuery()
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
public enum BackendEncoder {
  /// Any message: a tag, the length that belongs to it, and this body.
  public static func message(tag: UInt8, body: [UInt8] = []) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: tag) { $0.write(contentsOf: body) }
    return writer.bytes
  }

  static func message(
    _ tag: Unicode.Scalar, _ body: (inout ByteWriter) -> Void = { _ in }
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: tag), body)
    return writer.bytes
  }
}
