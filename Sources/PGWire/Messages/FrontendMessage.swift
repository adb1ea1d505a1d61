/// What we send.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
package enum FrontendMessage: Equatable, Sendable {
  /// The first packet: version and parameters, no tag.
  ///
  ///     length 4 | version 4 (major << 16 | minor) | { name 0 | value 0 } … | 0
  case startup(version: Int32, parameters: [StartupParameter])
  /// Asks whether the server supports TLS: length 4 | code 4, no tag.
  ///
  /// It is answered by one byte, `S` or `N`.
  case sslRequest
  /// In place of a startup packet: cancels what another session is doing.
  ///
  ///     length 4 | 80877102 4 | process 4 | key …
  case cancelRequest(processID: Int32, key: SecretBytes)
  /// `p` with a zero-terminated password, or its MD5 form.
  case password(SecretBytes)
  /// `p`: mechanism 0 | length 4 | data.
  case saslInitialResponse(mechanism: String, data: [UInt8])
  /// `p`: data.
  case saslResponse([UInt8])
  /// `p`: `OAUTHBEARER` 0 | length 4 | data, which holds the token.
  case bearerToken(SecretBytes)
  /// `Q`: one or more statements.
  case query(String)
  /// `d`.
  case copyData([UInt8])
  /// `c`.
  case copyDone
  /// `f`: ends a COPY with an error; the reason.
  case copyFail(reason: String)
  /// `X`.
  case terminate

  /// Where the version would stand in SSLRequest.
  private static let sslRequestCode: Int32 = 1234 << 16 | 5679
  private static let cancelRequestCode: Int32 = 1234 << 16 | 5678

  /// Appends the message's bytes.
  package func encode(into writer: inout ByteWriter) {
    switch self {
    case .startup(let version, let parameters):
      writer.writeLengthPrefixed { writer in
        writer.write(version)
        for parameter in parameters {
          writer.writeCString(parameter.name)
          writer.writeCString(parameter.value)
        }
        writer.write(UInt8(0))
      }
    case .sslRequest: writer.writeLengthPrefixed { $0.write(Self.sslRequestCode) }
    case .cancelRequest(let processID, let key):
      writer.writeLengthPrefixed { writer in
        writer.write(Self.cancelRequestCode)
        writer.write(processID)
        key.withBytes { writer.write($0) }
      }
    case .password(let password):
      password.withBytes { bytes in
        writer.writeMessage(tag: UInt8(ascii: "p")) { writer in
          writer.write(bytes)
          writer.write(UInt8(0))
        }
      }
    case .saslInitialResponse(let mechanism, let data):
      writer.writeSASLInitialResponse(mechanism, data.span)
    case .bearerToken(let data):
      data.withBytes { writer.writeSASLInitialResponse("OAUTHBEARER", $0) }
    case .saslResponse(let data):
      writer.writeMessage(tag: UInt8(ascii: "p")) { $0.write(contentsOf: data) }
    case .query(let sql):
      writer.writeMessage(tag: UInt8(ascii: "Q")) { $0.writeCString(sql) }
    case .copyData(let data):
      writer.writeMessage(tag: UInt8(ascii: "d")) { $0.write(contentsOf: data) }
    case .copyDone: writer.writeMessage(tag: UInt8(ascii: "c")) { _ in }
    case .copyFail(let reason):
      writer.writeMessage(tag: UInt8(ascii: "f")) { $0.writeCString(reason) }
    case .terminate: writer.writeMessage(tag: UInt8(ascii: "X")) { _ in }
    }
  }

  /// The message alone; to be overwritten after use if it ``isSecret``.
  package var encoded: [UInt8] {
    var writer = ByteWriter(capacity: secret?.withBytes { $0.count + 64 } ?? 0)
    encode(into: &writer)
    return writer.bytes
  }

  /// Whether it contains a secret.
  package var isSecret: Bool { secret != nil }

  private var secret: SecretBytes? {
    switch self {
    case .password(let secret), .bearerToken(let secret): secret
    default: nil
    }
  }
}

extension ByteWriter {
  fileprivate mutating func writeSASLInitialResponse(_ mechanism: String, _ data: Span<UInt8>) {
    write(UInt8(ascii: "p"))
    // The length counts itself, the name with its zero, the data's length, and the data.
    write(UInt32(4 + mechanism.utf8.count + 1 + 4 + data.count))
    writeCString(mechanism)
    write(UInt32(data.count))
    write(data)
  }
}
