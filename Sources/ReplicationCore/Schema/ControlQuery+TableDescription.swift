/// Facts about tables that the stream does not have.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
extension ControlConnection {
  /// The tables that exist, in no order.
  func describeTables(_ oids: [UInt32]) throws(ControlError) -> [TableDescription] {
    try ask(.tableDescriptions(oids))
  }
}

extension ControlQuery<[TableDescription]> {
  /// A primary key may include columns that are not part of the key; they come after its own.
  static func tableDescriptions(_ oids: [UInt32]) -> Self {
    Self(
      """
      SELECT a.attrelid AS relation, a.attname AS name, a.attnotnull AS not_null,
        CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) ''
          THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS expression,
        (SELECT parts.place FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[])
            WITH ORDINALITY AS parts (number, place)
          WHERE parts.number OPERATOR(pg_catalog.=) a.attnum
            AND parts.place OPERATOR(pg_catalog.<=) i.indnkeyatts) AS key
      FROM pg_catalog.pg_attribute AS a
      LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
        AND d.adnum OPERATOR(pg_catalog.=) a.attnum
      LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) a.attrelid
        AND i.indisprimary
      WHERE a.attrelid OPERATOR(pg_catalog.=) ANY (\(values: oids)::pg_catalog.oid[])
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum
      """, read: TableDescription.list)
  }
}

extension TableDescription {
  /// The tables in these rows, which have one for each column.
  fileprivate static func list(_ rows: [ResultRow]) throws(ControlError) -> [TableDescription] {
    var tables: [UInt32: [ResultRow]] = [:]
    for row in rows {
      guard let oid = row.oid("relation"), row["name"] != nil else {
        throw .unexpectedResult("a column without a name")
      }
      tables[oid, default: []].append(row)
    }
    return tables.map { oid, rows in TableDescription(oid: oid, rows) }
  }

  private init(oid: UInt32, _ rows: [ResultRow]) {
    let key = rows.compactMap { row in
      row.int("key").map { (place: $0, name: row["name"] ?? "") }
    }
    self.init(
      oid: oid, primaryKey: key.sorted { $0.place < $1.place }.map(\.name),
      columns: rows.map { row in
        Column(
          name: row["name"] ?? "", isNotNull: row.flag("not_null") ?? false,
          defaultExpression: row["expression"])
      })
  }
}
