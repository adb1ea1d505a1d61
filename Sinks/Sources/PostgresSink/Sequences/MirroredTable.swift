/// A table of the source.
struct MirroredTable: Hashable, Sendable {
  /// Its oid in the source.
  let oid: String
  let schema: String
  let name: String

  /// From a row of these three.
  init?(_ row: [String?]) {
    guard row.count == 3, let oid = row[0], UInt32(oid) != nil, let schema = row[1],
      let name = row[2]
    else { return nil }
    (self.oid, self.schema, self.name) = (oid, schema, name)
  }

  /// Quoted.
  var title: String { "\(schema.quotedName).\(name.quotedName)" }
}
