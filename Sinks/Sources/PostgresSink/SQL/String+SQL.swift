extension String {
  /// The text as a name in SQL: `"name"`, with inner quotes doubled.
  var quotedName: String { "\"\(doubling("\""))\"" }

  /// The text as a value in SQL: `'value'`, with inner quotes doubled; backslashes mean themselves.
  var quotedValue: String { "'\(doubling("'"))'" }

  /// Scalar by scalar: a quote with an accent behind it is one `Character`, and ends the text too.
  private func doubling(_ quote: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar == quote { result.append(quote) }
      result.append(scalar)
    }
    return String(result)
  }

  /// The texts as the value of an array.
  static func array(_ elements: [String]) -> String {
    let quoted = elements.map { element in
      var text = "\""
      for scalar in element.unicodeScalars {
        if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
        text.unicodeScalars.append(scalar)
      }
      return text + "\""
    }
    return "{\(quoted.joined(separator: ","))}"
  }
}
