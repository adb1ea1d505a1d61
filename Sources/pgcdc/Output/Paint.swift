internal import PGWire

/// Colours, on a terminal only, and not if `NO_COLOR` is set.
enum Paint {
  static let isOn = Console.isTerminal && Environment.variables["NO_COLOR"] == nil

  /// - Parameter code: The numbers of an ANSI escape sequence.
  static func apply(_ text: ScreenText, _ code: StaticString) -> ScreenText {
    guard isOn else { return text }
    let (on, off) = (ScreenText(stringLiteral: "\u{1B}[\(code)m"), "\u{1B}[0m" as ScreenText)
    return "\(on)\(text)\(off)"
  }
}
