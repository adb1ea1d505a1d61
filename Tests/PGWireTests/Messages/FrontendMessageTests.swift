import PGWire
import Testing

@Suite struct FrontendMessageTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `writes the StartupMessage without a tag`() {
    let message = FrontendMessage.startup(
      version: WireProtocolVersion.v30.code,
      parameters: [
        StartupParameter(name: "user", value: "ü"), StartupParameter(name: "a", value: ""),
      ])
    #expect(
      message.encoded == [0, 0, 0, 20, 0, 3, 0, 0] + bytes("user\0ü\0a\0\0") + [0])
  }

  @Test(
    arguments: [
      (.password(SecretBytes(Array("pw".utf8))), "p", "pw\0"),
      (.saslResponse(Array("c=biws".utf8)), "p", "c=biws"),
      (.query("SELECT 'ü'"), "Q", "SELECT 'ü'\0"),
      (.copyData(Array("rxyz".utf8)), "d", "rxyz"),
      (.copyData([]), "d", ""),
      (.copyDone, "c", ""),
      (.copyFail(reason: "no"), "f", "no\0"),
      (.terminate, "X", ""),
    ] as [(FrontendMessage, String, String)])
  func `writes tag, length and body`(message: FrontendMessage, tag: String, body: String) {
    let length = UInt8(4 + body.utf8.count)
    #expect(message.encoded == bytes(tag) + [0, 0, 0, length] + bytes(body))
  }

  @Test func `writes the length of SASL's first data`() {
    let message = FrontendMessage.saslInitialResponse(
      mechanism: "SCRAM-SHA-256", data: bytes("n,,n=,r=x"))
    #expect(
      message.encoded
        == bytes("p") + [0, 0, 0, 31] + bytes("SCRAM-SHA-256\0") + [0, 0, 0, 9]
        + bytes("n,,n=,r=x"))
  }

  @Test func `prints no password`() {
    let message = FrontendMessage.password(SecretBytes(bytes("hunter2")))
    var dumped = ""
    dump(message, to: &dumped)
    for text in ["\(message)", String(reflecting: message), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(!text.contains("104"))
    }
  }
}
