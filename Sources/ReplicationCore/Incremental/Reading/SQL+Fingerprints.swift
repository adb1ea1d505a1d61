// What a table's rows and the stream's changes to it depend on, as a text that can be compared.
//
// Between the moment when a table is looked up and the one when a range of it is locked, it can be
// altered, renamed or published in another way, and partitions can come and go. Its lock keeps its
// columns from being changed, but not partitions from being attached, nor publications from being
// altered. A query in the reading transaction sees these as its snapshot does, and so as the
// stream's changes that the snapshot sees had them.

extension SQL {
  /// The tables that these publications cover, as `(oid)`, by a query of their own.
  static func publishedTables(by publications: [String]) throws(ReplicationError) -> SQL {
    """
    SELECT DISTINCT c.oid FROM pg_catalog.pg_publication_tables AS t
    JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
    JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) t.tablename
    WHERE t.pubname OPERATOR(pg_catalog.=) ANY (\(try Literal(array: publications)))
    """
  }

  /// One table, as `(oid)`.
  static func table(_ oid: UInt32) -> SQL {
    "SELECT \(oid)::pg_catalog.oid"
  }

  /// A row for each table: its oid, its fingerprint, and what makes these publications have it.
  ///
  /// The latter are oids of the catalogue's rows that say so, with commas between: of the table's,
  /// its ancestors' or its schema's entry in a publication, or of a publication that has all
  /// tables. Whatever leaves a publication and joins it again gets another entry.
  static func fingerprints(
    of tables: SQL, publications: [String], serverVersion: Int
  ) throws(ReplicationError) -> SQL {
    // Schemas are published since 15.
    let schemas: SQL =
      serverVersion < 15
      ? "NULL::pg_catalog.jsonb"
      : """
      (SELECT pg_catalog.jsonb_agg(s.oid ORDER BY s.oid)
        FROM pg_catalog.pg_publication_namespace AS s
        JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(try Literal(array: publications))))
      """
    return """
      SELECT c.oid AS relid, pg_catalog.jsonb_build_array(
        n.nspname, c.relname, c.relkind, c.relreplident, c.relrowsecurity, c.relforcerowsecurity,
        -- Who bears the name by now.
        CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN
          pg_catalog.to_regclass(
            pg_catalog.format('%I.%I', n.nspname, c.relname))::pg_catalog.oid END,
        \(columns), \(keys), \(partitions), \(try published(by: publications)), \(schemas)
      )::pg_catalog.text AS fingerprint,
        \(try memberships(of: publications, serverVersion: serverVersion)) AS memberships
      FROM (\(tables)) AS t (oid)
      JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.oid
      JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      """
  }

  /// A row for each of the tables, as ``fingerprints(of:publications:serverVersion:)`` has it, with
  /// the memberships alone.
  ///
  /// It locks no table and no partition.
  static func memberships(
    of tables: [UInt32], in publications: [String], serverVersion: Int
  ) throws(ReplicationError) -> SQL {
    """
    SELECT c.oid AS relid,
      \(try memberships(of: publications, serverVersion: serverVersion)) AS memberships
    FROM pg_catalog.pg_class AS c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (\(values: tables)::pg_catalog.oid[])
    """
  }

  private static func memberships(
    of publications: [String], serverVersion: Int
  ) throws(ReplicationError) -> SQL {
    let named = try Literal(array: publications)
    let schemas: SQL =
      serverVersion < 15
      ? ""
      : """
      UNION ALL SELECT s.oid FROM pg_catalog.pg_publication_namespace AS s
        JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(named))
          AND s.pnnspid OPERATOR(pg_catalog.=) ANY (SELECT k.relnamespace
            FROM pg_catalog.pg_class AS k WHERE k.oid OPERATOR(pg_catalog.=) ANY (\(withAncestors)))
      """
    // Since 19 an entry can also say that a table is left out.
    return """
      (SELECT pg_catalog.string_agg(m.oid::pg_catalog.text, ',' ORDER BY m.oid) FROM (
        SELECT p.oid FROM pg_catalog.pg_publication AS p
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(named)) AND p.puballtables
        UNION ALL SELECT r.oid FROM pg_catalog.pg_publication_rel AS r
        JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(named))
          AND r.prrelid OPERATOR(pg_catalog.=) ANY (\(withAncestors))
          AND coalesce(
              pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) 'prexcept', 'false')
            OPERATOR(pg_catalog.=) 'false'
        \(schemas)) AS m (oid))
      """
  }

  /// The table `c` and those that it is a partition of.
  private static let withAncestors: SQL = """
    SELECT c.oid UNION ALL SELECT a.relid::pg_catalog.oid
      FROM pg_catalog.pg_partition_ancestors(c.oid::pg_catalog.regclass) AS a (relid)
    """

  private static let columns: SQL = """
    (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.attnum, a.attname, a.atttypid,
          a.atttypmod, a.attcollation, a.attgenerated) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)
    """

  private static let keys: SQL = """
    (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(i.indexrelid,
          i.indkey::pg_catalog.text, i.indisreplident) ORDER BY i.indexrelid)
      FROM pg_catalog.pg_index AS i WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid
        AND (i.indisprimary OR i.indisreplident))
    """

  private static let partitions: SQL = """
    (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(s.oid, s.relreplident)
        ORDER BY s.oid)
      FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) AS p
      JOIN pg_catalog.pg_class AS s ON s.oid OPERATOR(pg_catalog.=) p.relid::pg_catalog.oid
      WHERE c.relkind OPERATOR(pg_catalog.=) 'p')
    """

  /// The publications, and what they say of the table and of those that it is a partition of; a
  /// change of either replaces its row.
  private static func published(
    by publications: [String]
  ) throws(ReplicationError) -> SQL {
    let named = try Literal(array: publications)
    return """
      (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
          p.oid, p.xmin::pg_catalog.text) ORDER BY p.oid)
        FROM pg_catalog.pg_publication AS p
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(named))),
      (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
          r.oid, r.xmin::pg_catalog.text) ORDER BY r.oid)
        FROM pg_catalog.pg_publication_rel AS r
        JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
        WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(named)) AND r.prrelid
          OPERATOR(pg_catalog.=) ANY (\(withAncestors)))
      """
  }
}

extension ResultRow {
  /// What makes the publications have a table, in a row of a query for fingerprints.
  var memberships: [UInt32] {
    (self["memberships"] ?? "").split(separator: ",").compactMap { UInt32($0) }
  }
}
