import PGOutput

/// What the catalogue said of the types of the recorded tables, which a recording doesn't hold.
enum RecordedTypes {
  /// The types of a table's columns, by the columns' names; the oids are those of the recording.
  static func entries(of relation: Relation) -> [TypeCatalog.Entry] {
    let oids = Dictionary(
      relation.columns.map { ($0.name, $0.typeOID) }, uniquingKeysWith: { $1 })
    let int4 = BuiltinType.int4.oid
    let comma = UInt8(ascii: ",")
    func entry(_ column: String, _ kind: TypeCatalog.Kind) -> TypeCatalog.Entry? {
      oids[column].map { .init(TypeName(oid: $0, namespace: "kinds", name: column), kind) }
    }
    switch relation.qualifiedName {
    case "public.moods":
      return [entry("m", .enumeration(labels: ["sad", "ok"]))].compactMap(\.self)
    case "kinds.own":
      return [
        entry("m", .enumeration(labels: ["sad", "so-so, \"really\"", "ok", "new"])),
        entry("ms", .array(element: oids["m"] ?? 0, delimiter: comma)),
        entry("p", .domain(base: int4)),
        entry("ps", .array(element: oids["p"] ?? 0, delimiter: comma)),
        entry("l", .domain(base: BuiltinType.timestamptz.oid)),
        entry(
          "c",
          .composite(fields: [
            .init(name: "n", typeOID: int4), .init(name: "word", typeOID: BuiltinType.text.oid),
          ])),
        entry("cs", .array(element: oids["c"] ?? 0, delimiter: comma)),
        entry("s", .range(bound: BuiltinType.float8.oid)),
      ].compactMap(\.self)
    default: return []
    }
  }
}
