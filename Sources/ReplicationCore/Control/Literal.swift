/// A value in a command: `'value'`, with inner quotes doubled.
///
/// Backslashes mean themselves.
struct Literal: Hashable, Sendable {
  let text: String

  var quoted: String { "'\(text.doubling("'"))'" }

  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for text with a zero byte.
  init(_ text: String) throws(ReplicationError) {
    guard !text.utf8.contains(0) else {
      throw .invalidParameter("a value for the server can't hold a zero byte")
    }
    self.text = text
  }

  /// The names as one value, the form of the option `publication_names`.
  init(list names: [String]) throws(ReplicationError) {
    var quoted: [String] = []
    for name in names { quoted.append(try Identifier(name).quoted) }
    try self.init(quoted.joined(separator: ","))
  }
}

extension Literal {
  /// Quotes a value from the server, for SQL that is shown to a person.
  static func quote(_ text: String) -> String { "'\(text.doubling("'"))'" }
}

extension String {
  /// Scalar by scalar: a quote with an accent behind it is one `Character`, and ends the text too.
  func doubling(_ quote: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar == quote { result.append(quote) }
      result.append(scalar)
    }
    return String(result)
  }
}
