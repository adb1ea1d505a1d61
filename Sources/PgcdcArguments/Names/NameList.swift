/// Names with commas between, each as it is or in double quotes as SQL has them.
///
///     orders,items      two names
///     "a,b",c           a,b and c
///     "say ""hi"""      say "hi"
///
/// In quotes a comma is part of the name, and two quotes are one.
///
/// Quotes and commas are what they are, whatever combines with them: names have any characters.
public enum NameList {
  private static let quote: Unicode.Scalar = "\""
  private static let comma: Unicode.Scalar = ","

  /// The names, one by one; `nil` if a quote isn't closed, or something stands behind one.
  public static func names(in text: String) -> [String]? { parts(of: text, between: comma) }

  /// The parts of a name with its qualifiers, as `public."a.b".c`; `nil` as above, and if one is
  /// empty.
  public static func parts(ofQualified name: String) -> [String]? {
    guard let parts = parts(of: name, between: "."), !parts.contains("") else { return nil }
    return parts
  }

  private static func parts(of text: String, between separator: Unicode.Scalar) -> [String]? {
    var names: [String] = []
    var rest = Substring(text).unicodeScalars
    while true {
      guard let name = takeName(from: &rest, until: separator) else { return nil }
      names.append(name)
      guard let next = rest.popFirst() else { return names }
      guard next == separator else { return nil }
    }
  }

  /// The names as a list, all of them in quotes.
  public static func text(of names: [String]) -> String {
    var list = String.UnicodeScalarView()
    for (index, name) in names.enumerated() {
      if index > 0 { list.append(comma) }
      list.append(quote)
      for scalar in name.unicodeScalars {
        if scalar == quote { list.append(quote) }
        list.append(scalar)
      }
      list.append(quote)
    }
    return String(list)
  }

  private static func takeName(
    from rest: inout Substring.UnicodeScalarView, until separator: Unicode.Scalar
  ) -> String? {
    guard rest.first == quote else {
      let name = rest.prefix { $0 != separator }
      rest = rest[name.endIndex...]
      return String(name)
    }
    rest.removeFirst()
    var name = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == quote {
        guard rest.first == quote else { return String(name) }
        rest.removeFirst()
      }
      name.append(scalar)
    }
    return nil
  }
}
