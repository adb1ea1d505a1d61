internal import PGOutput

/// The values of added columns in rows that existed before.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
extension ControlConnection {
  func earlierValues(
    of columns: [Relation.Column], in tableOID: UInt32
  ) throws(ControlError) -> [AddedColumn] {
    let hasColumnList = try ask(.hasColumnList(tableOID))
    var added: [AddedColumn] = []
    for column in columns {
      let facts = AddedColumnFacts(
        places: try ask(.places(of: column.name, in: tableOID)), hasColumnList: hasColumnList)
      added.append(
        AddedColumn(
          column: column, earlierValue: facts.earlierValue(typeOID: column.typeOID)))
    }
    return added
  }
}

extension ControlQuery<[AddedColumnFacts.Place]> {
  /// The column in the table, or in those of its partitions that have rows.
  ///
  /// A new table's file has the table's oid as its name, and gets another name whenever it is
  /// replaced. `attmissingval` is an array of one value, which is never NULL; `array_to_string`
  /// prints the value itself, without the quotes that an array would need.
  fileprivate static func places(of column: String, in tableOID: UInt32) -> Self {
    Self(
      """
      SELECT attributes.atttypid AS type,
        attributes.attgenerated OPERATOR(pg_catalog.<>) '' AS generated,
        tables.relfilenode OPERATOR(pg_catalog.<>) tables.oid AS rewritten,
        pg_catalog.array_to_string(attributes.attmissingval, '') AS value
      FROM (
        SELECT \(oid(tableOID))
        UNION SELECT partitions.relid::pg_catalog.oid
          FROM pg_catalog.pg_partition_tree(\(oid(tableOID))::pg_catalog.regclass) AS partitions
      ) AS parts (oid)
      JOIN pg_catalog.pg_class AS tables ON tables.oid OPERATOR(pg_catalog.=) parts.oid
        AND tables.relkind OPERATOR(pg_catalog.=) 'r'
      JOIN pg_catalog.pg_attribute AS attributes
        ON attributes.attrelid OPERATOR(pg_catalog.=) tables.oid
      WHERE attributes.attname OPERATOR(pg_catalog.=) \(value: column)::pg_catalog.name
        AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
      """
    ) { rows throws(ControlError) in
      var places: [AddedColumnFacts.Place] = []
      for row in rows {
        guard let type = row.oid("type") else { throw .unexpectedResult("a column without a type") }
        places.append(
          AddedColumnFacts.Place(
            typeOID: type, isGenerated: row["generated"] == "t",
            isRewritten: row["rewritten"] != "f", missingValue: row["value"]))
      }
      return places
    }
  }
}

extension ControlQuery<Bool> {
  /// Whether a publication has a list of columns for a table, one of its partitions, or one of
  /// those that it is a partition of.
  ///
  /// There are none before server 15; since the row is read as JSON, the column may be missing.
  fileprivate static func hasColumnList(_ tableOID: UInt32) -> Self {
    Self(
      """
      SELECT 1 FROM pg_catalog.pg_publication_rel AS published
      WHERE (pg_catalog.to_jsonb(published) OPERATOR(pg_catalog.->>) 'prattrs') IS NOT NULL
        AND published.prrelid OPERATOR(pg_catalog.=) ANY (ARRAY(
          SELECT \(oid(tableOID))
          UNION ALL SELECT ancestors.relid::pg_catalog.oid
            FROM pg_catalog.pg_partition_ancestors(\(oid(tableOID))::pg_catalog.regclass)
              AS ancestors (relid)
          UNION ALL SELECT partitions.relid::pg_catalog.oid
            FROM pg_catalog.pg_partition_tree(\(oid(tableOID))::pg_catalog.regclass)
              AS partitions))
      """
    ) { !$0.isEmpty }
  }
}

/// A table's oid as a value.
private func oid(_ table: UInt32) -> SQL { "\(value: String(table))::pg_catalog.oid" }
