import CDCTime
import PGWire
import ReplicationTestKit
import Testing

@Suite struct FrontendDecoderTests {
  private static let update = StandbyStatusUpdate(
    write: LSN(rawValue: 3), flush: LSN(rawValue: 2), apply: LSN(rawValue: 1),
    clock: PostgresTimestamp(microseconds: -5), replyRequested: true)

  private static let session: [FrontendMessage] = [
    .startup(
      version: WireProtocolVersion.v30.code,
      parameters: [
        StartupParameter(name: "user", value: "u"), StartupParameter(name: "x", value: ""),
      ]),
    .password(SecretBytes(Array("pw".utf8))),
    .saslInitialResponse(mechanism: "SCRAM-SHA-256", data: Array("n,,".utf8)),
    .saslResponse([1, 2, 3]),
    .query("SELECT 'ü'"),
    .copyData(update.encoded),
    .copyData([]),
    .copyData([7, 8]),
    .copyFail(reason: "no"),
    .copyDone,
    .terminate,
  ]

  private func decode(_ bytes: [UInt8], inPiecesOf size: Int) throws -> [ClientMessage] {
    var decoder = FrontendDecoder()
    var messages: [ClientMessage] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      decoder.append(bytes[start..<min(start + size, bytes.count)])
      while let message = try decoder.next() { messages.append(message) }
    }
    #expect(decoder.pendingCount == 0)
    return messages
  }

  @Test(arguments: [1, 3, 7, 1000])
  func `reads what the client writes, in any pieces`(size: Int) throws {
    let messages = try decode(Self.session.flatMap(\.encoded), inPiecesOf: size)
    #expect(messages.count == Self.session.count)
    guard case .startup(let packet) = messages[0], case .password(let password) = messages[1],
      case .password(let initial) = messages[2], case .password(let response) = messages[3]
    else {
      Issue.record("\(messages)")
      return
    }
    #expect(packet.version == 196_608)
    #expect(packet["user"] == "u")
    #expect(packet["x"]?.isEmpty == true)
    #expect(packet["y"] == nil)
    #expect(password.password == "pw")
    #expect(initial.saslInitialResponse?.mechanism == "SCRAM-SHA-256")
    #expect(initial.saslInitialResponse?.data == Array("n,,".utf8))
    #expect(response.body == [1, 2, 3])
    #expect(response.saslInitialResponse == nil)
    let rest: [ClientMessage] = [
      .query("SELECT 'ü'"), .statusUpdate(Self.update), .copyData([]), .copyData([7, 8]),
      .copyFail(reason: "no"), .copyDone, .terminate,
    ]
    #expect(Array(messages[4...]) == rest)
  }

  @Test func `reads the packets before the StartupMessage`() throws {
    let bytes: [UInt8] = [
      0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F, 0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x30,
      0, 0, 0, 14, 0x04, 0xD2, 0x16, 0x2E, 0, 0, 0, 9, 1, 2,
    ]
    #expect(
      try decode(bytes, inPiecesOf: bytes.count)
        == [
          .sslRequest, .gssEncryptionRequest, .cancelRequest(processID: 9, secret: [1, 2]),
        ])
  }

  @Test(
    arguments: [
      [0, 0, 0, 7, 0, 0, 0],
      [0, 0, 0x27, 0x15, 0, 3, 0, 0],
      [0xFF, 0xFF, 0xFF, 0xFF],
      [0, 0, 0, 10, 0, 3, 0, 0, 0, 0],
      [0, 0, 0, 10, 0, 3, 0, 0, 0x61, 0],
      [0, 0, 0, 9, 0x04, 0xD2, 0x16, 0x2F, 0],
    ] as [[UInt8]])
  func `refuses a first packet that is none`(bytes: [UInt8]) {
    var decoder = FrontendDecoder()
    decoder.append(bytes)
    #expect(throws: WireError.self) { try decoder.next() }
  }

  @Test func `refuses a report that is cut`() throws {
    for end in 1..<34 {
      var decoder = FrontendDecoder(isStarted: true)
      decoder.append(BackendEncoder.copyData(Array(Self.update.encoded[..<end])))
      #expect(throws: WireError.self) { try decoder.next() }
    }
  }

  @Test func `keeps passwords out of descriptions`() throws {
    var decoder = FrontendDecoder(isStarted: true)
    decoder.append(FrontendMessage.password(SecretBytes(Array("hunter2".utf8))).encoded)
    let message = try #require(try decoder.next())
    var dumped = ""
    dump(message, to: &dumped)
    #expect(!"\(message) \(String(reflecting: message)) \(dumped)".contains("hunter2"))
    #expect(!dumped.contains("104"))
  }
}
