import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// A message as a server sends it, what it means, and how short it may be cut and still be whole.
private struct Sample: Sendable, CustomTestStringConvertible {
  var name: String
  var frame: [UInt8]
  var meaning: @Sendable () -> OwnedMessage
  /// For a message that ends with as many bytes as it likes: the fewest its body can have.
  var shortest: Int?

  init(
    _ name: String, _ frame: [UInt8], shortest: Int? = nil,
    _ meaning: @escaping @Sendable @autoclosure () -> OwnedMessage
  ) {
    self.name = name
    self.frame = frame
    self.meaning = meaning
    self.shortest = shortest
  }

  var testDescription: String { name }
  var body: [UInt8] { Array(frame.dropFirst(5)) }
}

private let refusal = ServerError.made(.objectInUse, "replication slot \"s\" is active")

private let samples = [
  Sample("AuthenticationOk", Backend.authenticationOk(), .authentication(.ok)),
  Sample(
    "CleartextPassword", Backend.authenticationCleartextPassword(),
    .authentication(.cleartextPassword)),
  Sample(
    "MD5Password", Backend.authenticationMD5Password(salt: 0x0102_0304),
    .authentication(.md5Password(salt: 0x0102_0304))),
  Sample(
    "SASL", Backend.authenticationSASL(mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]),
    .authentication(.sasl(mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]))),
  Sample(
    "SASLContinue", Backend.authenticationSASLContinue("r=x"), shortest: 4,
    .authentication(.saslContinue(Array("r=x".utf8)))),
  Sample(
    "SASLFinal", Backend.authenticationSASLFinal("v=x"), shortest: 4,
    .authentication(.saslFinal(Array("v=x".utf8)))),
  Sample(
    "GSSAPI", Backend.authenticationRequest(code: 7, data: [1, 2]), shortest: 4,
    .authentication(.unsupported(code: 7))),
  Sample(
    "BackendKeyData", Backend.backendKeyData(processID: -7, secret: [1, 2, 3, 4, 5]), shortest: 8,
    .backendKeyData(-7, [1, 2, 3, 4, 5])),
  Sample(
    "ParameterStatus", Backend.parameterStatus("TimeZone", "UTC"),
    .parameterStatus("TimeZone", "UTC")
  ),
  Sample(
    "NegotiateProtocolVersion",
    Backend.negotiateProtocolVersion(version: 196_608, unknownOptions: ["_pq_.a", "_pq_.b"]),
    .negotiateProtocolVersion(196_608, ["_pq_.a", "_pq_.b"])),
  Sample("ReadyForQuery", Backend.readyForQuery(.inTransaction), .readyForQuery(.inTransaction)),
  Sample("ErrorResponse", Backend.errorResponse(refusal), .error(refusal)),
  Sample("NoticeResponse", Backend.noticeResponse(refusal), .notice(refusal)),
  Sample(
    "NotificationResponse",
    Backend.notificationResponse(processID: 9, channel: "c", payload: "p"),
    .notification(9, "c", "p")),
  Sample(
    "RowDescription", Backend.rowDescription(["a", ""], typeOID: 3220),
    .rowDescription(["a", ""], [3220, 3220])),
  Sample("DataRow", Backend.dataRow(["x", nil, "", "ü"]), .dataRow(["x", nil, "", "ü"])),
  Sample("CommandComplete", Backend.commandComplete("SELECT 1"), .commandComplete("SELECT 1")),
  Sample("EmptyQueryResponse", Backend.emptyQueryResponse(), .emptyQueryResponse),
  Sample("CopyInResponse", Backend.copyInResponse(columns: 2), .copyInResponse),
  Sample(
    "CopyOutResponse", Backend.copyOutResponse(columns: 1),
    .copyOutResponse(CopyFormat(isBinary: false, columnCount: 1))),
  Sample("CopyBothResponse", Backend.copyBothResponse(), .copyBothResponse),
  Sample("CopyData", Backend.copyData([1, 2, 3]), shortest: 0, .copyData([1, 2, 3])),
  Sample("CopyDone", Backend.copyDone(), .copyDone),
]

@Suite struct BackendMessageTests {
  @Test(arguments: samples)
  fileprivate func `decodes what a server sends`(sample: Sample) throws {
    #expect(try OwnedMessage(decoding: sample.frame) == sample.meaning())
  }

  @Test(arguments: samples)
  fileprivate func `refuses a message cut anywhere`(sample: Sample) throws {
    let body = sample.body
    for end in body.indices {
      let cut = Array(body[..<end])
      if let shortest = sample.shortest, end >= shortest {
        _ = try OwnedMessage(tag: sample.frame[0], body: cut)
      } else {
        #expect(throws: WireError.self, "cut at \(end)") {
          try OwnedMessage(tag: sample.frame[0], body: cut)
        }
      }
    }
  }

  @Test(arguments: samples)
  fileprivate func `refuses bytes behind a message`(sample: Sample) throws {
    let long = sample.body + [0]
    guard sample.shortest == nil else {
      _ = try OwnedMessage(tag: sample.frame[0], body: long)
      return
    }
    #expect(throws: WireError.trailingBytes(count: 1)) {
      try OwnedMessage(tag: sample.frame[0], body: long)
    }
  }

  /// Each byte of each message takes each value once: errors, but never a trap.
  @Test(arguments: samples)
  fileprivate func `survives any byte in any place`(sample: Sample) {
    var body = sample.body
    for index in body.indices {
      let original = body[index]
      for value in UInt8.min...UInt8.max {
        body[index] = value
        _ = try? OwnedMessage(tag: sample.frame[0], body: body)
      }
      body[index] = original
    }
  }

  @Test func `refuses types that no server sends to such a client`() {
    let known = Set("RKSvZENATDCIGHWdc".utf8)
    for tag in UInt8.min...UInt8.max where !known.contains(tag) {
      #expect(throws: WireError.unknownTag(tag)) { try OwnedMessage(tag: tag, body: []) }
    }
  }

  @Test(
    arguments: [
      ("Z", [0x41], .invalidValue(field: "transaction status", value: 0x41)),
      ("K", [0, 0, 0, 1, 1, 2, 3], .invalidValue(field: "secret key length", value: 3)),
      (
        "K", [0, 0, 0, 1] + [UInt8](repeating: 1, count: 257),
        .invalidValue(field: "secret key length", value: 257)
      ),
      ("v", [0, 3, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], .invalidValue(field: "option count", value: -1)),
      ("v", [0, 3, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], .unterminatedString),
      ("T", [0xFF, 0xFF], .invalidValue(field: "column count", value: -1)),
      ("D", [0x80, 0x00], .invalidValue(field: "column count", value: -32768)),
      ("D", [0, 1, 0xFF, 0xFF, 0xFF, 0xFE], .invalidValue(field: "column length", value: -2)),
      ("D", [0, 1, 0x80, 0, 0, 0], .invalidValue(field: "column length", value: -2_147_483_648)),
      ("D", [0, 1, 0x7F, 0xFF, 0xFF, 0xFF], .truncated(needed: 0x7FFF_FFFF, available: 0)),
      ("D", [0, 1, 0, 0, 0, 1, 0xFF], .invalidUTF8),
      ("W", [0, 0xFF, 0xFF], .invalidValue(field: "column count", value: -1)),
      ("S", [0xFF, 0, 0], .invalidUTF8),
    ] as [(String, [UInt8], WireError)])
  func `refuses values that a field can't have`(
    tag: String, body: [UInt8], error: WireError
  ) throws {
    let tag = try #require(tag.utf8.first)
    #expect(throws: error) { try OwnedMessage(tag: tag, body: body) }
  }
}
