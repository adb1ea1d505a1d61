internal import PGWire

/// A text for people, made of words of ours and of values from elsewhere.
///
/// Interpolated text is shown as it is, except for characters that would control a terminal or end
/// the line: they are shown as escapes. So no name and no message of a server can forge a line,
/// whether standard output is a terminal or a file. Colours and line breaks are in literals alone.
struct ScreenText: ExpressibleByStringInterpolation {
  /// What is written.
  private(set) var text: String

  init(stringLiteral text: String) {
    self.text = text
  }

  init(stringInterpolation parts: StringInterpolation) {
    text = parts.text
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ part: ScreenText) { text += part.text }

    mutating func appendInterpolation(_ value: some Any) { text += "\(value)".displayed }
  }

  /// Characters of it, of which a terminal shows none or one.
  var count: Int { text.count }

  /// Its first characters, at most this number.
  func prefix(_ count: Int) -> ScreenText {
    ScreenText(stringLiteral: String(text.prefix(max(count, 0))))
  }

  /// Spaces after it, or before it, up to this number of characters.
  func padded(to width: Int, right: Bool = false) -> ScreenText {
    let padding = ScreenText(stringLiteral: String(repeating: " ", count: max(0, width - count)))
    return right ? "\(padding)\(self)" : "\(self)\(padding)"
  }

  static func + (left: ScreenText, right: ScreenText) -> ScreenText { "\(left)\(right)" }
}
