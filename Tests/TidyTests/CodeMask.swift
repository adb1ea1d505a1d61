/// Blanks out comments and the contents of string literals, and keeps every line where it is.
///
/// It knows line and nested block comments, strings of one line and of many, raw strings,
/// interpolations (which are code), `#/…/#` expressions and names in backticks. A bare `/…/` is
/// taken for two operators.
struct CodeMask {
  static func apply(to text: String) -> String {
    var mask = CodeMask(Array(text.utf8))
    mask.code(untilParenthesis: false)
    return String(decoding: mask.bytes, as: UTF8.self)
  }

  private var bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  private func starts(with text: StaticString, at start: Int) -> Bool {
    let wanted = Array("\(text)".utf8)
    return start + wanted.count <= bytes.count
      && bytes[start..<start + wanted.count].elementsEqual(wanted)
  }

  private mutating func blank(_ count: Int) {
    for index in position..<min(position + count, bytes.count)
    where bytes[index] != UInt8(ascii: "\n") {
      bytes[index] = UInt8(ascii: " ")
    }
    position = min(position + count, bytes.count)
  }

  /// Goes through code to the end, or to a closing parenthesis that was not opened here.
  private mutating func code(untilParenthesis: Bool) {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "/") where starts(with: "//", at: position): lineComment()
      case UInt8(ascii: "/") where starts(with: "/*", at: position): blockComment()
      case UInt8(ascii: "\""): string(hashes: 0)
      case UInt8(ascii: "#"): hash()
      case UInt8(ascii: "`"): delimited(by: "`")
      case UInt8(ascii: "("):
        depth += 1
        position += 1
      case UInt8(ascii: ")"):
        if untilParenthesis && depth == 0 { return }
        depth -= 1
        position += 1
      default: position += 1
      }
    }
  }

  private mutating func lineComment() {
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank(1) }
  }

  private mutating func blockComment() {
    var depth = 0
    while position < bytes.count {
      if starts(with: "/*", at: position) {
        depth += 1
        blank(2)
      } else if starts(with: "*/", at: position) {
        depth -= 1
        blank(2)
        if depth == 0 { return }
      } else {
        blank(1)
      }
    }
  }

  /// A `#`: of a raw string, of an expression, or of a directive or a macro, which is code.
  private mutating func hash() {
    var hashes = 0
    while position + hashes < bytes.count, bytes[position + hashes] == UInt8(ascii: "#") {
      hashes += 1
    }
    let next = position + hashes
    position = next
    guard next < bytes.count else { return }
    if bytes[next] == UInt8(ascii: "\"") {
      string(hashes: hashes)
    } else if bytes[next] == UInt8(ascii: "/") {
      delimited(by: "/#")
    }
  }

  /// From one delimiter to the next.
  private mutating func delimited(by end: StaticString) {
    blank(1)
    while position < bytes.count, !starts(with: end, at: position) { blank(1) }
    blank("\(end)".utf8.count)
  }

  /// A string literal, from its first quote on.
  private mutating func string(hashes: Int) {
    let isLong = starts(with: "\"\"\"", at: position)
    let quotes = isLong ? 3 : 1
    let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + hashMarks(hashes)
    let escape = [UInt8(ascii: "\\")] + hashMarks(hashes)
    position += quotes
    while position < bytes.count {
      let rest = bytes[position...]
      if rest.starts(with: end) {
        position += end.count
        return
      } else if rest.starts(with: escape) {
        blank(escape.count)
        afterEscape()
      } else if !isLong, bytes[position] == UInt8(ascii: "\n") {
        return
      } else {
        blank(1)
      }
    }
  }

  private func hashMarks(_ count: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(ascii: "#"), count: count)
  }

  /// What follows a backslash: an interpolation, or one byte that means nothing by itself.
  private mutating func afterEscape() {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "(") else {
      blank(1)
      return
    }
    position += 1
    code(untilParenthesis: true)
    position = min(position + 1, bytes.count)
  }
}
