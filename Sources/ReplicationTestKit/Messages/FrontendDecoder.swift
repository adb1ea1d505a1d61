internal import CDCTime
package import PGWire

/// Cuts what a client sends into messages: the inverse of the client's encoder.
///
/// A value without a socket: bytes go in as they come, in any pieces, messages come out. The first
/// packets have no tag; from the StartupMessage on every message has one.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
package struct FrontendDecoder: Sendable {
  private var inbox: [UInt8] = []
  /// Whether the StartupMessage has come, so that messages have tags.
  package private(set) var isStarted: Bool

  /// A decoder for a connection.
  ///
  /// - Parameter isStarted: Pass true to begin behind the StartupMessage.
  package init(isStarted: Bool = false) {
    self.isStarted = isStarted
  }

  /// Adds bytes as they came.
  package mutating func append(_ bytes: some Sequence<UInt8>) {
    inbox += bytes
  }

  /// Bytes held that no message has used up.
  package var pendingCount: Int { inbox.count }

  /// Takes the next message out.
  ///
  /// - Returns: `nil` if more bytes are needed.
  /// - Throws: `WireError` for bytes that are not a message; the decoder can't be used after that.
  package mutating func next() throws(WireError) -> ClientMessage? {
    let header = isStarted ? FrameHeader.size : 4
    guard inbox.count >= header else { return nil }
    let length = try checkedLength()
    let end = header - 4 + length
    guard inbox.count >= end else { return nil }
    let tag = inbox[0]
    let body = Array(inbox[header..<end])
    inbox.removeSubrange(..<end)
    guard isStarted else { return try decodePacket(body.span) }
    return try Self.decode(tag: tag, body.span)
  }

  /// The length word of the next message, which counts itself.
  private func checkedLength() throws(WireError) -> Int {
    var word = isStarted ? inbox.span.extracting(droppingFirst: 1) : inbox.span.extracting(first: 4)
    let length = Int64(try word.readInt32())
    let limit: Int64 = isStarted ? 1 << 30 : Self.longestPacket
    guard length >= (isStarted ? 4 : 8), length <= limit else {
      throw .invalidLength(tag: isStarted ? inbox[0] : 0, length: length, limit: limit)
    }
    return Int(length)
  }

  /// What a server takes before it knows anything of the client (`MAX_STARTUP_PACKET_LENGTH`).
  private static let longestPacket: Int64 = 10_004

  private mutating func decodePacket(_ body: Span<UInt8>) throws(WireError) -> ClientMessage {
    var rest = body
    let version = try rest.readInt32()
    switch version {
    case 80_877_102:
      let processID = try rest.readInt32()
      return .cancelRequest(processID: processID, secret: try rest.readBytes(rest.count))
    case 80_877_103:
      try rest.expectEnd()
      return .sslRequest
    case 80_877_104:
      try rest.expectEnd()
      return .gssEncryptionRequest
    default: break
    }
    var parameters: [StartupPacket.Parameter] = []
    while true {
      let name = try rest.readCString()
      if name.isEmpty { break }
      parameters.append(.init(name: name, value: try rest.readCString()))
    }
    try rest.expectEnd()
    isStarted = true
    return .startup(StartupPacket(version: version, parameters: parameters))
  }

  private static func decode(
    tag: UInt8, _ body: Span<UInt8>
  ) throws(WireError) -> ClientMessage {
    var rest = body
    let message: ClientMessage
    switch tag {
    case UInt8(ascii: "p"): return .password(PasswordMessage(body: body.copied()))
    case UInt8(ascii: "d"):
      guard !body.isEmpty, body[0] == UInt8(ascii: "r") else { return .copyData(body.copied()) }
      return .statusUpdate(try StandbyStatusUpdate(decoding: body))
    case UInt8(ascii: "Q"): message = .query(try rest.readCString())
    case UInt8(ascii: "f"): message = .copyFail(reason: try rest.readCString())
    case UInt8(ascii: "c"): message = .copyDone
    case UInt8(ascii: "X"): message = .terminate
    default: return .other(tag: tag, body: body.copied())
    }
    try rest.expectEnd()
    return message
  }
}

extension StandbyStatusUpdate {
  /// Decodes the content of a CopyData, its letter included.
  fileprivate init(decoding content: Span<UInt8>) throws(WireError) {
    var rest = content
    try rest.skip(1)
    self.init(
      write: try rest.readLSN(), flush: try rest.readLSN(), apply: try rest.readLSN(),
      clock: PostgresTimestamp(microseconds: try rest.readInt64()),
      replyRequested: try rest.readUInt8() != 0)
    try rest.expectEnd()
  }
}
