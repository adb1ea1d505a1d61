/// A check of text against the grammar of JSON.
///
/// It has no recursion, so that no depth of nesting can exhaust the stack.
///
/// JSON: <https://www.rfc-editor.org/rfc/rfc8259>
struct JSONSyntax {
  /// For each bracket that is open the one that closes it; the memory is kept for the next text.
  private var closers: [UInt8] = []

  private enum Expected {
    case value
    /// A value or the end of an array.
    case firstItem
    case key
    /// A key or the end of an object.
    case firstKey
    case colon
    case commaOrEnd
  }

  /// Whether the text, which is UTF-8, is one JSON value of any kind.
  mutating func accepts(_ text: Span<UInt8>) -> Bool {
    closers.removeAll(keepingCapacity: true)
    var expected = Expected.value
    var at = text.endOfSpace(from: 0)
    while let byte = text.byte(at: at) {
      let end: Int?
      switch expected {
      case .firstItem where byte == UInt8(ascii: "]"), .firstKey where byte == UInt8(ascii: "}"):
        closers.removeLast()
        (expected, end) = (.commaOrEnd, at + 1)
      case .value, .firstItem:
        (expected, end) = beginValue(text, byte, at: at)
      case .key, .firstKey:
        (expected, end) = (.colon, text.endOfString(from: at))
      case .colon:
        (expected, end) = (.value, byte == UInt8(ascii: ":") ? at + 1 : nil)
      case .commaOrEnd:
        guard let next = continueContainer(byte) else { return false }
        (expected, end) = (next, at + 1)
      }
      guard let end else { return false }
      at = text.endOfSpace(from: end)
    }
    return closers.isEmpty && expected == .commaOrEnd
  }

  /// Takes a value that holds no others, or the bracket of one that does.
  private mutating func beginValue(
    _ text: Span<UInt8>, _ byte: UInt8, at offset: Int
  ) -> (Expected, end: Int?) {
    switch byte {
    case UInt8(ascii: "{"):
      closers.append(UInt8(ascii: "}"))
      return (.firstKey, offset + 1)
    case UInt8(ascii: "["):
      closers.append(UInt8(ascii: "]"))
      return (.firstItem, offset + 1)
    case UInt8(ascii: "\""):
      return (.commaOrEnd, text.endOfString(from: offset))
    case UInt8(ascii: "t"):
      return (.commaOrEnd, text.end(of: "true", from: offset))
    case UInt8(ascii: "f"):
      return (.commaOrEnd, text.end(of: "false", from: offset))
    case UInt8(ascii: "n"):
      return (.commaOrEnd, text.end(of: "null", from: offset))
    default:
      return (.commaOrEnd, text.endOfNumber(from: offset, exponent: true))
    }
  }

  /// Takes a comma, or the end of the container that the value before lies in.
  private mutating func continueContainer(_ byte: UInt8) -> Expected? {
    guard let closer = closers.last else { return nil }
    if byte == closer {
      closers.removeLast()
      return .commaOrEnd
    }
    guard byte == UInt8(ascii: ",") else { return nil }
    return closer == UInt8(ascii: "}") ? .key : .value
  }
}

extension Span<UInt8> {
  fileprivate func endOfSpace(from start: Int) -> Int {
    var at = start
    while at < count {
      let byte = self[at]
      guard byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D else { break }
      at += 1
    }
    return at
  }

  fileprivate func end(of text: String, from start: Int) -> Int? {
    let end = start + text.utf8.count
    return end <= count && extracting(start..<end).equals(text) ? end : nil
  }

  /// Where the string ends that begins at an offset, quotes included.
  fileprivate func endOfString(from start: Int) -> Int? {
    guard byte(at: start) == UInt8(ascii: "\"") else { return nil }
    var at = start + 1
    while at < count {
      let byte = self[at]
      if byte == UInt8(ascii: "\"") { return at + 1 }
      guard byte >= 0x20 else { return nil }
      if byte == UInt8(ascii: "\\") {
        guard let end = endOfEscape(from: at) else { return nil }
        at = end
      } else {
        at += 1
      }
    }
    return nil
  }

  /// Where the escape ends that begins at an offset, with its backslash.
  private func endOfEscape(from start: Int) -> Int? {
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      guard start + 6 <= count else { return nil }
      for index in start + 2..<start + 6 where !self[index].isHexDigit { return nil }
      return start + 6
    default:
      return nil
    }
  }
}

extension UInt8 {
  /// Whether this is a digit of a hexadecimal number, in either case.
  var isHexDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default:
      false
    }
  }
}
