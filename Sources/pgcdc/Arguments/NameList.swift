/// Names with commas between, each as it is or in double quotes as SQL has them.
///
///     orders,items      two names
///     "a,b",c           a,b and c
///     "say ""hi"""      say "hi"
///
/// In quotes a comma is part of the name, and two quotes are one.
enum NameList {
  /// The names, one by one; `nil` if a quote isn't closed, or something stands behind one.
  static func names(in text: String) -> [String]? {
    var names: [String] = []
    var rest = Substring(text)
    while true {
      guard let name = takeName(from: &rest) else { return nil }
      names.append(name)
      guard let separator = rest.popFirst() else { return names }
      guard separator == "," else { return nil }
    }
  }

  /// The names as a list, all of them in quotes.
  static func text(of names: [String]) -> String {
    names.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
  }

  private static func takeName(from rest: inout Substring) -> String? {
    guard rest.first == "\"" else {
      let name = rest.prefix { $0 != "," }
      rest = rest[name.endIndex...]
      return String(name)
    }
    rest.removeFirst()
    var name = ""
    while let character = rest.popFirst() {
      if character == "\"" {
        guard rest.first == "\"" else { return name }
        rest.removeFirst()
      }
      name.append(character)
    }
    return nil
  }
}
