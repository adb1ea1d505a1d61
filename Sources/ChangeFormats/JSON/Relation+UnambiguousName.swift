import PGOutput

extension Relation {
  /// `schema.table`, a part in double quotes if it has a dot or a quote itself, as in SQL.
  ///
  /// So no two tables have the same name: `"a.b".c` and `a."b.c"` would both be `a.b.c`.
  var unambiguousName: String { "\(Self.part(namespace)).\(Self.part(name))" }

  private static func part(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "\"") })
    else { return name }
    var quoted = "\""
    for character in name.unicodeScalars {
      if character == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(character)
    }
    return quoted + "\""
  }
}
