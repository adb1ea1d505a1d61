/// Colours, on a terminal only, and not if `NO_COLOR` is set.
enum Paint {
  static let isOn = Console.isTerminal && Console.environment["NO_COLOR"] == nil

  /// - Parameter code: The numbers of an ANSI escape sequence.
  static func apply(_ text: String, _ code: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
