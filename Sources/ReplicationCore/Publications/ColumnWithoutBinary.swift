internal import PGOutput

/// A published column whose values the server can't send in binary, although it tries to.
package struct ColumnWithoutBinary: Sendable, CustomStringConvertible {
  package let table: String
  package let column: String
  package let type: String
  /// The type in it that has no send function.
  package let part: String

  package var description: String {
    "column \(column) of \(table), of type \(type): \(part) has no binary form"
  }
}

extension ControlQuery<[ColumnWithoutBinary]> {
  static func columnsWithoutBinary(of publication: String) -> Self {
    Self(
      """
      WITH RECURSIVE parts (relation, number, oid) AS (
        SELECT attributes.attrelid, attributes.attnum, attributes.atttypid
        FROM pg_catalog.pg_publication_tables AS published
        JOIN pg_catalog.pg_namespace AS namespaces
          ON namespaces.nspname OPERATOR(pg_catalog.=) published.schemaname
        JOIN pg_catalog.pg_class AS classes
          ON classes.relnamespace OPERATOR(pg_catalog.=) namespaces.oid
          AND classes.relname OPERATOR(pg_catalog.=) published.tablename
        JOIN pg_catalog.pg_attribute AS attributes
          ON attributes.attrelid OPERATOR(pg_catalog.=) classes.oid
          AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
        JOIN pg_catalog.pg_type AS types ON types.oid OPERATOR(pg_catalog.=) attributes.atttypid
          AND types.typsend OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
        WHERE published.pubname OPERATOR(pg_catalog.=) \(value: publication)
        UNION
        SELECT parts.relation, parts.number, part.oid
        FROM parts
        JOIN pg_catalog.pg_type AS types ON types.oid OPERATOR(pg_catalog.=) parts.oid
        CROSS JOIN LATERAL (
          SELECT types.typbasetype
          UNION ALL SELECT types.typelem WHERE types.typcategory OPERATOR(pg_catalog.=) 'A'
          UNION ALL SELECT ranges.rngsubtype FROM pg_catalog.pg_range AS ranges
            WHERE ranges.rngtypid OPERATOR(pg_catalog.=) types.oid
          UNION ALL SELECT attributes.atttypid FROM pg_catalog.pg_attribute AS attributes
            WHERE types.typtype OPERATOR(pg_catalog.=) 'c'
              AND attributes.attrelid OPERATOR(pg_catalog.=) types.typrelid
              AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
        ) AS part (oid)
        WHERE part.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
      )
      SELECT namespaces.nspname AS namespace, classes.relname AS name,
        attributes.attname AS column, pg_catalog.format_type(attributes.atttypid, NULL) AS type,
        pg_catalog.format_type(parts.oid, NULL) AS part
      FROM parts JOIN pg_catalog.pg_type AS types ON types.oid OPERATOR(pg_catalog.=) parts.oid
        AND types.typsend OPERATOR(pg_catalog.=) 0::pg_catalog.oid
      JOIN pg_catalog.pg_class AS classes ON classes.oid OPERATOR(pg_catalog.=) parts.relation
      JOIN pg_catalog.pg_namespace AS namespaces
        ON namespaces.oid OPERATOR(pg_catalog.=) classes.relnamespace
      JOIN pg_catalog.pg_attribute AS attributes
        ON attributes.attrelid OPERATOR(pg_catalog.=) parts.relation
        AND attributes.attnum OPERATOR(pg_catalog.=) parts.number
      ORDER BY 1, 2, 3, 5
      """
    ) { $0.compactMap(ColumnWithoutBinary.init) }
  }
}

extension ColumnWithoutBinary {
  fileprivate init?(_ row: ResultRow) {
    guard let namespace = row["namespace"], let name = row["name"], let column = row["column"],
      let type = row["type"], let part = row["part"]
    else { return nil }
    self.init(table: "\(namespace).\(name)", column: column, type: type, part: part)
  }
}
