public import PGWire

/// What a client sends, as a server reads it.
@nonexhaustive public enum ClientMessage: Hashable, Sendable {
  /// The StartupMessage, which has no tag.
  case startup(StartupPacket)
  /// Asks for TLS; the answer is one byte, `S` or `N`.
  case sslRequest
  /// Asks for GSSAPI encryption; the answer is one byte, `G` or `N`.
  case gssEncryptionRequest
  /// Asks for another session's query to be cancelled; there is no answer.
  case cancelRequest(processID: Int32, secret: [UInt8])
  /// `p`: a password, or a message of SASL; only the server's request shows which one.
  case password(PasswordMessage)
  /// `Q`.
  case query(String)
  /// `d` with a StandbyStatusUpdate (`r`) in it.
  case statusUpdate(StandbyStatusUpdate)
  /// `d` with anything else in it.
  case copyData([UInt8])
  /// `c`.
  case copyDone
  /// `f`.
  case copyFail(reason: String)
  /// `X`.
  case terminate
  /// A message of another type, which a replication client has no use for.
  case other(tag: UInt8, body: [UInt8])
}

/// The first packet of a session: the protocol's version, and settings.
///
///     length 4 | version 4 (major << 16 | minor) | { name 0 | value 0 } … | 0
public struct StartupPacket: Hashable, Sendable {
  /// `0x0003_0000` for protocol 3.0.
  public let version: Int32
  /// Names and values in the order they came, `user` for example.
  public let parameters: [Parameter]

  /// One setting.
  public struct Parameter: Hashable, Sendable {
    /// The setting's name.
    public let name: String
    /// Its value.
    public let value: String
  }

  /// The value that this setting was given last; `nil` if it was not named.
  public subscript(name: String) -> String? {
    parameters.last { $0.name == name }?.value
  }
}

/// The body of a `p` message.
public struct PasswordMessage: Hashable, Sendable {
  /// All of it, as a SASLResponse has it.
  public let body: [UInt8]

  /// As a PasswordMessage: the text before the zero byte that ends it.
  public var password: String? {
    guard body.last == 0 else { return nil }
    return try? Array(body.dropLast()).span.utf8String()
  }

  /// As a SASLInitialResponse: the mechanism's name, and the first message.
  public var saslInitialResponse: (mechanism: String, data: [UInt8])? {
    do {
      var rest = body.span
      let mechanism = try rest.readCString()
      let count = try rest.readInt32()
      let data = try rest.readBytes(Int(count))
      try rest.expectEnd()
      return (mechanism, data)
    } catch {
      return nil
    }
  }
}

extension PasswordMessage: CustomStringConvertible, CustomReflectable {
  /// Its size: a test's log is no place for a password either.
  public var description: String { "\(body.count) bytes" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ClientMessage: CustomStringConvertible {
  /// The message's name and what matters of it, for reports.
  public var description: String {
    switch self {
    case .startup(let packet): "StartupMessage for user \(packet["user"] ?? "none")"
    case .sslRequest: "SSLRequest"
    case .gssEncryptionRequest: "GSSENCRequest"
    case .cancelRequest(let processID, _): "CancelRequest for process \(processID)"
    case .password(let message): "PasswordMessage of \(message)"
    case .query(let sql): "Query \"\(sql)\""
    case .statusUpdate(let update):
      "StandbyStatusUpdate write \(update.write) flush \(update.flush) apply \(update.apply)"
        + (update.replyRequested ? ", reply requested" : "")
    case .copyData(let content): "CopyData of \(content.count) bytes"
    case .copyDone: "CopyDone"
    case .copyFail(let reason): "CopyFail \"\(reason)\""
    case .terminate: "Terminate"
    case .other(let tag, let body):
      "message '\(Character(Unicode.Scalar(tag)))' of \(body.count) bytes"
    }
  }
}
