/// The `key=value` form, read exactly as libpq's `conninfo_parse` does.
///
///     host=db.example.com port = 5432 user='odd \' name' password=two\ words options=
///
/// White space may surround the equals sign; a value is bare or in single quotes; a backslash
/// takes the next byte as it is, in either. White space after `=` is skipped even where the value
/// was meant to be empty, so `host= port=5` says that the host is `port=5`: write `host=''`.
extension ConnectionSettings {
  mutating func readPairs(_ text: Span<UInt8>) throws(ConnectionOptionsError) {
    var index = 0
    var followsPassword = false
    while true {
      Self.skipSpace(text, &index)
      guard index < text.count else { return }

      let start = index
      while index < text.count, text[index] != UInt8(ascii: "="), !Self.isSpace(text[index]) {
        index += 1
      }
      let name = text.extracting(start..<index).lossyString()
      Self.skipSpace(text, &index)
      guard index < text.count, text[index] == UInt8(ascii: "=") else {
        throw .malformed(.missingEqualsSign(offset: start))
      }
      index += 1
      Self.skipSpace(text, &index)

      let isQuoted = index < text.count && text[index] == UInt8(ascii: "'")
      let value = isQuoted ? Self.readQuoted(text, &index) : Self.readBare(text, &index)
      guard let value else { throw .malformed(.unterminatedQuote(offset: start)) }
      guard set(name: name, value) else {
        throw Self.unknownKey(name, offset: start, followsPassword: followsPassword)
      }
      followsPassword = name == ConnectionKey.password.name
    }
  }

  private static func skipSpace(_ text: Span<UInt8>, _ index: inout Int) {
    while index < text.count, isSpace(text[index]) { index += 1 }
  }

  /// Room for all that may follow: growing would leave pieces of a password in freed memory.
  private static func emptyValue(_ text: Span<UInt8>, _ index: Int) -> [UInt8] {
    var value: [UInt8] = []
    value.reserveCapacity(text.count - index)
    return value
  }

  private static func readBare(_ text: Span<UInt8>, _ index: inout Int) -> [UInt8]? {
    var value = emptyValue(text, index)
    while index < text.count, !isSpace(text[index]) {
      if text[index] == UInt8(ascii: "\\") { index += 1 }
      // A backslash at the very end stands for nothing.
      if index < text.count { value.append(text[index]) }
      index += 1
    }
    return value
  }

  /// Reads from the opening quote to behind the closing one; `nil` if there is none.
  private static func readQuoted(_ text: Span<UInt8>, _ index: inout Int) -> [UInt8]? {
    var value = emptyValue(text, index)
    index += 1
    while index < text.count {
      if text[index] == UInt8(ascii: "'") {
        index += 1
        return value
      }
      if text[index] == UInt8(ascii: "\\") { index += 1 }
      if index < text.count { value.append(text[index]) }
      index += 1
    }
    return nil
  }

  /// Names the key only if that can't reveal a secret.
  ///
  /// What looks like a key may be a piece of a password that lacks its quotes (`password=a b=c`) or
  /// a whole URL of another scheme. Only what is spelled like a key is repeated, and right behind
  /// a password only plain words are.
  static func unknownKey(
    _ name: String, offset: Int, followsPassword: Bool = false
  ) -> ConnectionOptionsError {
    let isKeyLike = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        !followsPassword
      default: false
      }
    }
    let longestName = 40
    guard isKeyLike, (1...longestName).contains(name.utf8.count) else {
      return .malformed(.notAKey(offset: offset))
    }
    return .unknownKey(name)
  }
}
