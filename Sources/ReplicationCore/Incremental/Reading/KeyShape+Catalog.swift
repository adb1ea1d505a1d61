internal import PGOutput

// How the catalogue's rows become the shape of a key.

extension KeyShape {
  /// No key: the table is read as one range.
  static let none = KeyShape([])

  /// The key by which a table's ranges are cut.
  ///
  /// - Parameters:
  ///   - keyRows: The columns of the key's index, in its order.
  ///   - columns: All columns of the table, with the base types of domains.
  /// - Returns: ``none`` if there is no key, if changes or rows lack a column of it, or if its
  ///   values have no form here.
  init(of table: SnapshotTable, keyRows: [ResultRow], columns: [ResultRow]) {
    self = Self.columns(of: table, keyRows, columns).map { KeyShape($0) } ?? .none
  }

  private static func columns(
    of table: SnapshotTable, _ keyRows: [ResultRow], _ columns: [ResultRow]
  ) -> [KeyColumn]? {
    // Without the planner nothing can be compared, so that no range can be read by itself.
    guard (1...maxColumns).contains(keyRows.count), table.partsWithForeignCode.isEmpty else {
      return nil
    }
    var key: [KeyColumn] = []
    for row in keyRows {
      guard row.flag("carried") == true, let name = row["attname"],
        let published = table.relation.columns.first(where: { $0.name == name }),
        let column = columns.first(where: { $0["attname"] == name }),
        let type = PostgresTypeName(column), hasText(table.types.type(of: published), type)
      else { return nil }
      var keyColumn = KeyColumn(
        name: name, type: KeyType(type, comparesBytes: row.flag("compares_bytes") == true))
      if let collation = row["collname"], let schema = row["collation_schema"] {
        keyColumn.collation = CollationName(schema: schema, name: collation)
      }
      key.append(keyColumn)
    }
    return key
  }

  /// Whether a key's value can be made a text, whichever form it comes in.
  private static func hasText(_ type: PostgresType, _ name: PostgresTypeName) -> Bool {
    switch type {
    case .builtin: name.builtin != nil
    // Their binary form is their text.
    case .enumeration, .text: true
    default: false
    }
  }
}

extension PostgresTypeName {
  /// The type of a column, of a domain the one that it is made of.
  fileprivate init?(_ column: ResultRow) {
    guard let oid = column.oid("base"), let schema = column["base_schema"],
      let name = column["base_name"]
    else { return nil }
    self = BuiltinType(oid: oid).map { .builtin($0) } ?? .named(schema: schema, name: name)
  }
}
