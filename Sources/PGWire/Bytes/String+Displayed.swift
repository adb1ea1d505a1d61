extension Unicode.Scalar {
  /// Whether it controls a terminal, a log or the order in which a text is read, instead of being
  /// displayed itself.
  ///
  /// Control characters (C0, DEL, C1), line and paragraph separators, and the marks, embeddings,
  /// overrides and isolates of bidirectional text.
  package var isUnseen: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension String {
  /// The text for people: characters that would move a cursor, end a line or change the direction
  /// of the text are shown as escapes, `\\n` or `\\u{1b}`.
  ///
  /// Names and messages come from servers and from users of the database. All text for people goes
  /// through here, so that none of it can forge a line or control a terminal.
  package var displayed: String {
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
    guard unicodeScalars.contains(where: \.isUnseen) else { return self }
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": shown.append(contentsOf: "\\n".unicodeScalars)
      case "\r": shown.append(contentsOf: "\\r".unicodeScalars)
      case "\t": shown.append(contentsOf: "\\t".unicodeScalars)
      case _ where scalar.isUnseen:
        let digits = String(scalar.value, radix: 16)
        shown.append(contentsOf: "\\u{\(digits)}".unicodeScalars)
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }
}
