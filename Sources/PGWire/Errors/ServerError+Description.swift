extension ServerError: CustomStringConvertible, CustomDebugStringConvertible {
  /// `ERROR 55006: message (detail; hint)`, on one line.
  ///
  /// Integrity violations (class 23) leave out the detail, which quotes the row.
  public var description: String {
    let start = [severity, sqlState.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
    let extras = [sqlState.classCode == "23" ? nil : detail, hint].compactMap(\.self)
    let line =
      (start.isEmpty ? "" : "\(start): ") + message
      + (extras.isEmpty ? "" : " (\(extras.joined(separator: "; ")))")
    return line.isEmpty ? "an error without a message" : line.onOneLine
  }

  /// Every field that the server sent, each by its name.
  public var debugDescription: String {
    Field.allCases.compactMap { field in
      self[field].map { "\(field): \($0.onOneLine)" }
    }.joined(separator: ", ")
  }
}

extension String {
  /// With a space in place of every control character, line break, tab, and character that changes
  /// the direction of the text.
  fileprivate var onOneLine: String {
    var scalars = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      scalars.append(scalar.isUnseen ? " " : scalar)
    }
    return String(scalars)
  }
}
