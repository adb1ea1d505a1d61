import PGWire
import Testing

@Suite struct Base64Tests {
  /// RFC 4648, section 10, and the last digits of the alphabet.
  @Test(
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("~~?~~>", "fn4/fn4+"),
    ])
  func `encodes and decodes`(text: String, encoded: String) {
    let digits = Base64.encode(text.utf8.span)
    #expect(String(decoding: digits, as: UTF8.self) == encoded)
    let bytes = Base64.decode(encoded.utf8.span)
    #expect(bytes == Array(text.utf8))
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Zm9v====", "Zh==", "Zm9=", "Zm9v\n",
    " Zg=", "Zg==Zg==", "Z===", "Zm-_", "Z=g=", "Zm8\0", "Zmé",
  ])
  func `refuses what it would not have written`(text: String) {
    let bytes = Base64.decode(text.utf8.span)
    #expect(bytes == nil)
  }
}
