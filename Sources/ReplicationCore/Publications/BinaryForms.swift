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

extension Client {
  /// The columns of the publications that end a stream in binary: arrays, composites and the like
  /// of types without a send function.
  ///
  /// A value whose own type has none comes as text. For one in an array the server finds out when
  /// it sends the value, and ends the stream with the SQLSTATE 42883, which names no column.
  package func columnsWithoutBinary() async throws(ReplicationError) -> [ColumnWithoutBinary] {
    try await withControl { [params] control throws(ControlError) in
      var columns: [ColumnWithoutBinary] = []
      for name in params.publications { columns += try control.columnsWithoutBinary(of: name) }
      return columns
    }
  }
}

extension ControlConnection {
  fileprivate func columnsWithoutBinary(
    of publication: String
  ) throws(ControlError) -> [ColumnWithoutBinary] {
    let result = try query(
      """
      WITH RECURSIVE parts (relation, number, oid) AS (
        SELECT attributes.attrelid, attributes.attnum, attributes.atttypid
        FROM pg_catalog.pg_publication_tables AS published
        JOIN pg_catalog.pg_namespace AS namespaces ON namespaces.nspname = published.schemaname
        JOIN pg_catalog.pg_class AS classes ON classes.relnamespace = namespaces.oid
          AND classes.relname = published.tablename
        JOIN pg_catalog.pg_attribute AS attributes ON attributes.attrelid = classes.oid
          AND attributes.attnum > 0 AND NOT attributes.attisdropped
        JOIN pg_catalog.pg_type AS types ON types.oid = attributes.atttypid
          AND types.typsend <> 0
        WHERE published.pubname = $1
        UNION
        SELECT parts.relation, parts.number, part.oid
        FROM parts JOIN pg_catalog.pg_type AS types ON types.oid = parts.oid
        CROSS JOIN LATERAL (
          SELECT types.typbasetype
          UNION ALL SELECT types.typelem WHERE types.typcategory = 'A'
          UNION ALL SELECT ranges.rngsubtype FROM pg_catalog.pg_range AS ranges
            WHERE ranges.rngtypid = types.oid
          UNION ALL SELECT attributes.atttypid FROM pg_catalog.pg_attribute AS attributes
            WHERE types.typtype = 'c' AND attributes.attrelid = types.typrelid
              AND attributes.attnum > 0 AND NOT attributes.attisdropped
        ) AS part (oid)
        WHERE part.oid <> 0
      )
      SELECT namespaces.nspname AS namespace, classes.relname AS name,
        attributes.attname AS column, pg_catalog.format_type(attributes.atttypid, NULL) AS type,
        pg_catalog.format_type(parts.oid, NULL) AS part
      FROM parts JOIN pg_catalog.pg_type AS types ON types.oid = parts.oid AND types.typsend = 0
      JOIN pg_catalog.pg_class AS classes ON classes.oid = parts.relation
      JOIN pg_catalog.pg_namespace AS namespaces ON namespaces.oid = classes.relnamespace
      JOIN pg_catalog.pg_attribute AS attributes ON attributes.attrelid = parts.relation
        AND attributes.attnum = parts.number
      ORDER BY 1, 2, 3, 5
      """, [publication])
    return result.rows.indices.compactMap { row in
      guard let namespace = result.value("namespace", row: row),
        let name = result.value("name", row: row), let column = result.value("column", row: row),
        let type = result.value("type", row: row), let part = result.value("part", row: row)
      else { return nil }
      return ColumnWithoutBinary(
        table: "\(namespace).\(name)", column: column, type: type, part: part)
    }
  }
}
