internal import PGOutput

/// What rows have in columns that were added after them.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
extension ControlConnection {
  func earlierValues(
    of columns: [Relation.Column], in tableOID: UInt32
  ) throws(ControlError) -> [AddedColumn] {
    let hasColumnList = try hasColumnList(tableOID)
    var added: [AddedColumn] = []
    for column in columns {
      let facts = AddedColumnFacts(
        places: try places(of: column.name, in: tableOID), hasColumnList: hasColumnList)
      added.append(
        AddedColumn(
          column: column, earlierValue: facts.earlierValue(typeOID: column.typeOID)))
    }
    return added
  }

  /// The column in the table, or in those of its partitions that have rows.
  ///
  /// A new table's file has the table's oid for a name, and gets another one whenever it is
  /// replaced. `attmissingval` is an array of one value, which is never NULL; `array_to_string`
  /// prints the value itself, without the quotes that an array would need.
  private func places(
    of column: String, in tableOID: UInt32
  ) throws(ControlError) -> [AddedColumnFacts.Place] {
    let result = try query(
      """
      SELECT attributes.atttypid AS type,
        attributes.attgenerated OPERATOR(pg_catalog.<>) '' AS generated,
        tables.relfilenode OPERATOR(pg_catalog.<>) tables.oid AS rewritten,
        pg_catalog.array_to_string(attributes.attmissingval, '') AS value
      FROM (
        SELECT $1::pg_catalog.oid
        UNION SELECT partitions.relid::pg_catalog.oid
          FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) AS partitions
      ) AS parts (oid)
      JOIN pg_catalog.pg_class AS tables ON tables.oid OPERATOR(pg_catalog.=) parts.oid
        AND tables.relkind OPERATOR(pg_catalog.=) 'r'
      JOIN pg_catalog.pg_attribute AS attributes
        ON attributes.attrelid OPERATOR(pg_catalog.=) tables.oid
      WHERE attributes.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
        AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
      """, ["\(tableOID)", column])
    var places: [AddedColumnFacts.Place] = []
    for row in result.rows.indices {
      guard let type = result.value("type", row: row).flatMap({ UInt32($0) }) else {
        throw .unexpectedResult("a column without a type")
      }
      places.append(
        AddedColumnFacts.Place(
          typeOID: type, isGenerated: result.value("generated", row: row) == "t",
          isRewritten: result.value("rewritten", row: row) != "f",
          missingValue: result.value("value", row: row)))
    }
    return places
  }

  /// Whether a publication has a list of columns for a table, one of its partitions, or one of
  /// those that it is a partition of.
  ///
  /// There are none before server 15; asked for as JSON, the column may be missing.
  private func hasColumnList(_ tableOID: UInt32) throws(ControlError) -> Bool {
    let result = try query(
      """
      SELECT 1 FROM pg_catalog.pg_publication_rel AS published
      WHERE (pg_catalog.to_jsonb(published) OPERATOR(pg_catalog.->>) 'prattrs') IS NOT NULL
        AND published.prrelid OPERATOR(pg_catalog.=) ANY (ARRAY(
          SELECT $1::pg_catalog.oid
          UNION ALL SELECT ancestors.relid::pg_catalog.oid
            FROM pg_catalog.pg_partition_ancestors($1::pg_catalog.oid::pg_catalog.regclass)
              AS ancestors (relid)
          UNION ALL SELECT partitions.relid::pg_catalog.oid
            FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass)
              AS partitions))
      """, ["\(tableOID)"])
    return !result.rows.isEmpty
  }
}
