import Testing

@testable import NATSSink

@Suite struct RecordHeaderTests {
  @Test func `a plain key is a header as it is`() {
    let bytes = Array(#"{"id":1,"name":"a b"}"#.utf8)
    let header = RecordHeader.forKey(bytes.span)
    #expect(header.name == "Pgcdc-Key")
    #expect(header.value == #"{"id":1,"name":"a b"}"#)
  }

  @Test(arguments: ["", " a", "a ", "a\r\nNats-Rollup: all", "größe", "\u{0}"])
  func `any other key is in base64`(_ key: String) {
    let bytes = Array(key.utf8)
    let header = RecordHeader.forKey(bytes.span)
    #expect(header.name == "Pgcdc-Key-Base64")
    #expect(Base64.decode(header.value) == bytes)
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
  func `base64 is that of RFC 4648`(_ text: String, _ encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
  }

  @Test func `base64 has all bytes`() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
  }

  @Test(arguments: ["a", "Zg=", "Zg==Zg==", "Z===", "Zm9 ", "====", "Zm=v"])
  func `what is not base64 is refused`(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
