internal import ChangeSinks
internal import PGOutput
internal import PGWire

/// Tables of the target, as its catalog has them.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalogs.html>
extension TargetSession {
  /// Reads how rows of a shape are written to a table.
  func readTable(_ shape: Int, _ source: SourceTable) throws(SinkError) -> TargetTable {
    let relation = source.relation
    let found = try findColumns(relation)
    guard !found.isEmpty || relation.columns.isEmpty else {
      throw error(
        .needsOperator,
        "the target has no table \(relation.qualifiedName); create it, or let the sink do that "
          + "(createsTables)")
    }
    var columns: [TargetTable.Column] = []
    for column in source.columns {
      guard let present = found[column.name] else {
        throw error(
          .needsOperator,
          "the table \(relation.qualifiedName) of the target has no column \(column.name); add it, "
            + "or let the sink do that (createsTables)")
      }
      columns.append(
        TargetTable.Column(
          name: column.name.quotedName, type: present.type, isWritten: !present.isGenerated,
          isUpdatable: !present.isAlwaysIdentity, isKey: column.isKey, order: present.order))
    }
    return TargetTable(
      shape: shape, source, columns: columns, key: try findKey(source))
  }

  /// The columns of a table, by their names; none if there is no such table.
  func findColumns(_ relation: Relation) throws(SinkError) -> [String: FoundColumn] {
    let rows = try connection.query(
      """
      SELECT a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attgenerated <> '', a.attidentity = 'a',
        \(KeyOrder.expression(serverVersion: connection.serverVersion))
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = pg_catalog.to_regclass($1)::pg_catalog.oid AND a.attnum > 0
        AND NOT a.attisdropped
      """, [relation.quotedName])
    var columns: [String: FoundColumn] = [:]
    for row in rows {
      guard row.count == 7, let name = row[0], let type = row[1].flatMap({ UInt32($0) }),
        let typeName = row[2]
      else { throw error(.fatal, "a row of pg_attribute can't be read") }
      columns[name] = FoundColumn(
        type: type, typeName: typeName, isNotNull: row[3] == "t", isGenerated: row[4] == "t",
        isAlwaysIdentity: row[5] == "t", order: row[6])
    }
    return columns
  }

  /// A unique index of columns that the source sends the former values of; the primary key if that
  /// is one.
  ///
  /// If nothing is sent of the old row, the values of these columns have stayed the same.
  /// Deferrable constraints are left out, by which `ON CONFLICT` can't find rows.
  private func findKey(_ source: SourceTable) throws(SinkError) -> TargetTable.Key? {
    let rows = try connection.query(
      """
      SELECT i.indexrelid, i.indnkeyatts, a.attname, n.nspname, o.oprname
      FROM pg_catalog.pg_index AS i
      CROSS JOIN LATERAL unnest(i.indkey::pg_catalog.int2[], i.indclass::pg_catalog.oid[])
        WITH ORDINALITY AS parts (number, class, place)
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = parts.number
      JOIN pg_catalog.pg_opclass AS c ON c.oid = parts.class
      JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
      JOIN pg_catalog.pg_amop AS e ON e.amopfamily = c.opcfamily
        AND e.amoplefttype = c.opcintype AND e.amoprighttype = c.opcintype AND e.amopstrategy = 3
      JOIN pg_catalog.pg_operator AS o ON o.oid = e.amopopr
      JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
      WHERE i.indrelid = pg_catalog.to_regclass($1)::pg_catalog.oid AND i.indisunique
        AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
        AND parts.place <= i.indnkeyatts AND a.attnotnull
      ORDER BY i.indisprimary DESC, i.indexrelid, parts.place
      """, [source.relation.quotedName])
    var places: [String: Int] = [:]
    for (place, column) in source.columns.enumerated() where column.isKey {
      places[column.name] = place
    }
    var (index, columns, operators): (String?, [Int], [String]) = (nil, [], [])
    for row in rows {
      guard row.count == 5, let count = row[1].flatMap({ Int($0) }), let name = row[2],
        let schema = row[3], let symbol = row[4]
      else { throw error(.fatal, "a row of pg_index can't be read") }
      if row[0] != index { (index, columns, operators) = (row[0], [], []) }
      guard let place = places[name] else { continue }
      columns.append(place)
      operators.append("OPERATOR(\(schema.quotedName).\(symbol))")
      if columns.count == count { return TargetTable.Key(columns: columns, operators: operators) }
    }
    return nil
  }
}
