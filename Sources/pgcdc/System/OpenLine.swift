/// The last line that was written to a terminal, if it was not ended: it is erased before something
/// else is written.
struct OpenLine {
  /// To the first column, and what stands from there to the end of the line is erased.
  static let erasure = "\r\u{1B}[K"

  private(set) var isOpen = false

  /// What has to be written so that the text stands by itself.
  mutating func writing(_ text: String) -> String {
    if text.isEmpty { return text }
    let isErased = isOpen && !text.hasPrefix(Self.erasure)
    isOpen = text.utf8.last != UInt8(ascii: "\n") && !text.hasSuffix(Self.erasure)
    return isErased ? Self.erasure + text : text
  }

  /// What has to be written so that nothing stands there.
  mutating func erasing() -> String {
    isOpen = false
    return Self.erasure
  }
}
