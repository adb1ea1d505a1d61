import PGOutput

/// A check of text against the grammar of JSON.
///
/// It has no recursion, so that no depth of nesting can exhaust the stack.
///
/// JSON: <https://www.rfc-editor.org/rfc/rfc8259>
struct JSONSyntax {
  let documents: JSONLineFormat.Options.Documents
  /// What a database's values depend on besides.
  let style: ValueTextStyle
  private let maxNesting: Int
  /// For each bracket that is open the one that closes it; the memory is kept for the next text.
  private var closers: [UInt8] = []
  /// Whether nothing has been met that strict parsers refuse.
  private var isStrict = true

  init(_ options: JSONLineFormat.Options, _ style: ValueTextStyle = ValueTextStyle()) {
    documents = options.documents
    self.style = style
    maxNesting = options.maxDocumentNesting
  }

  enum Verdict {
    /// The text is not JSON.
    case refused
    /// It is JSON, but many parsers refuse it: it nests too deep, or has half of a surrogate pair,
    /// which is no character, or a number that is too large for a `double`.
    case acceptedByFew
    /// It is JSON that every parser takes.
    case accepted
  }

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
  mutating func check(_ text: Span<UInt8>) -> Verdict {
    isStrict = true
    guard accepts(text) else { return .refused }
    return isStrict ? .accepted : .acceptedByFew
  }

  private mutating func accepts(_ text: Span<UInt8>) -> Bool {
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
        (expected, end) = (.colon, text.endOfString(from: at, &isStrict))
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
      open(UInt8(ascii: "}"))
      return (.firstKey, offset + 1)
    case UInt8(ascii: "["):
      open(UInt8(ascii: "]"))
      return (.firstItem, offset + 1)
    case UInt8(ascii: "\""):
      return (.commaOrEnd, text.endOfString(from: offset, &isStrict))
    case UInt8(ascii: "t"):
      return (.commaOrEnd, text.end(of: "true", from: offset))
    case UInt8(ascii: "f"):
      return (.commaOrEnd, text.end(of: "false", from: offset))
    case UInt8(ascii: "n"):
      return (.commaOrEnd, text.end(of: "null", from: offset))
    default:
      let end = text.endOfNumber(from: offset, exponent: true)
      if let end, !text.fitsDouble(offset..<end) { isStrict = false }
      return (.commaOrEnd, end)
    }
  }

  private mutating func open(_ closer: UInt8) {
    closers.append(closer)
    if closers.count > maxNesting { isStrict = false }
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
  ///
  /// - Parameter isStrict: Becomes false for half of a surrogate pair.
  fileprivate func endOfString(from start: Int, _ isStrict: inout Bool) -> Int? {
    guard byte(at: start) == UInt8(ascii: "\"") else { return nil }
    var at = start + 1
    // Whether the escape before this byte was the first half of a pair.
    var isHalf = false
    while at < count {
      let byte = self[at]
      let escape: (end: Int, code: UInt16)? =
        byte == UInt8(ascii: "\\") ? endOfEscape(from: at) : (end: at + 1, code: 0)
      guard let (end, code) = escape else { return nil }
      let isSecond = (0xDC00...0xDFFF).contains(code)
      if isHalf != isSecond { isStrict = false }
      isHalf = (0xD800...0xDBFF).contains(code)
      if byte == UInt8(ascii: "\"") { return end }
      guard byte >= 0x20 else { return nil }
      at = end
    }
    return nil
  }

  /// Where the escape ends that begins at an offset, with its backslash, and what `\u` has.
  private func endOfEscape(from start: Int) -> (end: Int, code: UInt16)? {
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return (start + 2, 0)
    case UInt8(ascii: "u"):
      guard start + 6 <= count else { return nil }
      var code: UInt16 = 0
      for index in start + 2..<start + 6 {
        guard let digit = self[index].hexValue else { return nil }
        code = code << 4 | UInt16(digit)
      }
      return (start + 6, code)
    default:
      return nil
    }
  }

  /// Whether a number, as JSON writes it, is one that a `double` reaches.
  ///
  /// It looks at the power of ten of the first digit only: 10^308 and more is too large.
  fileprivate func fitsDouble(_ number: Range<Int>) -> Bool {
    var (integers, zeros, isFraction, hasDigit) = (0, 0, false, false)
    var at = number.lowerBound
    loop: while at < number.upperBound {
      switch self[at] {
      case UInt8(ascii: "-"): break
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): break loop
      case let digit:
        if digit != UInt8(ascii: "0") { hasDigit = true }
        if !isFraction, hasDigit { integers += 1 }
        if isFraction, !hasDigit { zeros += 1 }
      }
      at += 1
    }
    guard hasDigit else { return true }
    let power = integers > 0 ? integers - 1 : -zeros - 1
    return exponent(from: at + 1, to: number.upperBound).map { $0 + power < 308 } ?? false
  }

  /// The exponent of a number; zero if there is none, `nil` for a positive one of many digits.
  private func exponent(from start: Int, to end: Int) -> Int? {
    guard start < end else { return 0 }
    let isNegative = self[start] == UInt8(ascii: "-")
    var value = 0
    for index in start..<end where self[index] &- UInt8(ascii: "0") < 10 {
      value = value * 10 + Int(self[index] &- UInt8(ascii: "0"))
      // No text has so many digits that they would make up for it.
      if value > 1 << 40 { return isNegative ? -value : nil }
    }
    return isNegative ? -value : value
  }
}

extension UInt8 {
  /// The value of a digit of a hexadecimal number, in either case.
  var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
