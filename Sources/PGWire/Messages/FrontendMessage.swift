/// What we send.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
package enum FrontendMessage: Equatable, Sendable {
  /// The first packet: version and parameters, no tag.
  ///
  ///     length 4 | version 4 (major << 16 | minor) | { name 0 | value 0 } … | 0
  case startup(version: Int32, parameters: [StartupParameter])
  /// In place of a startup packet: gives up what another session does.
  ///
  ///     length 4 | 80877102 4 | process 4 | key …
  case cancelRequest(processID: Int32, key: SecretBytes)
  /// `p` with a zero-terminated password, or its MD5 form.
  case password(SecretBytes)
  /// `p`: mechanism 0 | length 4 | data.
  case saslInitialResponse(mechanism: String, data: [UInt8])
  /// `p`: data.
  case saslResponse([UInt8])
  /// `Q`: one or more statements.
  case query(String)
  /// `d`.
  case copyData([UInt8])
  /// `c`.
  case copyDone
  /// `f`: gives up a COPY, with a reason.
  case copyFail(reason: String)
  /// `X`.
  case terminate

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
    case .cancelRequest(let processID, let key):
      writer.writeLengthPrefixed { writer in
        writer.write(Self.cancelRequestCode)
        writer.write(processID)
        writer.write(contentsOf: key.bytes)
      }
    case .password(let password):
      writer.writeMessage(tag: UInt8(ascii: "p")) { writer in
        writer.write(contentsOf: password.bytes)
        writer.write(UInt8(0))
      }
    case .saslInitialResponse(let mechanism, let data):
      writer.writeMessage(tag: UInt8(ascii: "p")) { writer in
        writer.writeCString(mechanism)
        writer.write(UInt32(data.count))
        writer.write(contentsOf: data)
      }
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

  /// The message alone.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    encode(into: &writer)
    return writer.bytes
  }
}

/// One name and value of the startup packet.
package struct StartupParameter: Hashable, Sendable {
  package let name: String
  package let value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// Bytes that are compared and sent, but never printed.
package struct SecretBytes: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package var description: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
