internal import PGWire

// Queries about publications.

extension ControlQuery<Bool> {
  /// Whether this database has a publication of exactly this name.
  static func publicationExists(_ name: String) -> Self {
    Self(
      """
      SELECT 1 FROM pg_catalog.pg_publication \
      WHERE pubname OPERATOR(pg_catalog.=) \(value: name)
      """
    ) { !$0.isEmpty }
  }
}

extension ControlQuery<Publication?> {
  /// The publication of exactly this name in this database, without its schemas.
  ///
  /// A change of its options replaces its row, but not those of its tables and its owner; its
  /// creation writes all of them at once. (A pinned role, such as the first superuser, has no row.)
  static func publication(_ name: String) -> Self {
    // Columns by name, since the newer ones don't exist before 18 and 19.
    Self(
      """
      SELECT p.*, pg_catalog.age(p.xmin) AS age,
        pg_catalog.to_jsonb(p) OPERATOR(pg_catalog.->>) 'pubgencols' AS gencols,
        (SELECT pg_catalog.bool_or(parts.age OPERATOR(pg_catalog.=) pg_catalog.age(p.xmin))
            AND pg_catalog.bool_and(parts.age OPERATOR(pg_catalog.<=) pg_catalog.age(p.xmin))
          FROM (
            SELECT pg_catalog.age(r.xmin) FROM pg_catalog.pg_publication_rel AS r
            WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid
            UNION ALL SELECT pg_catalog.age(d.xmin) FROM pg_catalog.pg_shdepend AS d
            WHERE d.classid OPERATOR(pg_catalog.=)
                'pg_catalog.pg_publication'::pg_catalog.regclass
              AND d.objid OPERATOR(pg_catalog.=) p.oid
              AND d.dbid OPERATOR(pg_catalog.=) (SELECT b.oid FROM pg_catalog.pg_database AS b
                WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
          ) AS parts (age)) AS as_created
      FROM pg_catalog.pg_publication AS p WHERE p.pubname OPERATOR(pg_catalog.=) \(value: name)
      """
    ) { $0.first.map { Publication(name, $0) } }
  }
}

extension ControlQuery<[String]> {
  /// The schemas whose tables a publication covers.
  ///
  /// Since server 15.
  static func publishedSchemas(of publication: String) -> Self {
    Self(
      """
      SELECT n.nspname FROM pg_catalog.pg_publication_namespace AS s
      JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid
      JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) s.pnnspid
      WHERE p.pubname OPERATOR(pg_catalog.=) \(value: publication) ORDER BY 1
      """
    ) { $0.compactMap { $0["nspname"] } }
  }

  /// The tables that a publication for all tables leaves out, by schema and name, quoted.
  ///
  /// Since server 19.
  static func excludedTables(of publication: String) -> Self {
    Self(
      """
      SELECT n.nspname, c.relname FROM pg_catalog.pg_publication_rel AS r
      JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
      JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE p.pubname OPERATOR(pg_catalog.=) \(value: publication) AND r.prexcept ORDER BY 1, 2
      """
    ) { rows in
      rows.map { row in
        "\(Identifier.quote(row["nspname"] ?? "")).\(Identifier.quote(row["relname"] ?? ""))"
      }
    }
  }
}

extension ControlConnection {
  /// The publication of exactly this name in this database.
  func publication(_ name: String) throws(ControlError) -> Publication? {
    guard var publication = try ask(.publication(name)) else { return nil }
    if serverVersion >= 15 { publication.schemas = try ask(.publishedSchemas(of: name)) }
    if serverVersion >= 19 { publication.excludedTables = try ask(.excludedTables(of: name)) }
    return publication
  }
}

extension Publication {
  fileprivate init(_ name: String, _ row: ResultRow) {
    self.name = name
    isForAllTables = row.flag("puballtables") ?? false
    isForAllSequences = row.flag("puballsequences") ?? false
    operations = Set(PublicationOperation.allCases.filter { row.flag("pub\($0)") == true })
    publishesViaPartitionRoot = row.flag("pubviaroot") ?? false
    publishesGeneratedColumns = row["gencols"].map { $0 == "s" }
    schemas = []
    age = row.int("age") ?? 0
    isAsCreated = row.flag("as_created") ?? false
  }
}

extension ControlQuery<[PublishedTable]> {
  /// The tables that a publication covers, partitions included, by schema and name.
  static func publishedTables(of publication: String) -> Self {
    Self(
      """
      SELECT t.schemaname, t.tablename,
        pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->>) 'rowfilter' AS rowfilter,
        c.relreplident, p.pubupdate OR p.pubdelete AS old_rows, x.relname AS index_name,
        pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable, k.*
      FROM pg_catalog.pg_publication_tables AS t
      JOIN pg_catalog.pg_publication AS p ON p.pubname OPERATOR(pg_catalog.=) t.pubname
      JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
      JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) t.tablename
      LEFT JOIN pg_catalog.pg_index AS i ON \(SQL.isIdentityIndex)
      LEFT JOIN pg_catalog.pg_class AS x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
      LEFT JOIN pg_catalog.pg_publication_rel AS r ON r.prpubid OPERATOR(pg_catalog.=) p.oid
        AND r.prrelid OPERATOR(pg_catalog.=) c.oid
      CROSS JOIN LATERAL (
        SELECT
          \(SQL.columnNames("key")) AS key_columns,
          \(SQL.columnNames("listed")) AS columns,
          \(SQL.columnNames(
            """
            NOT listed AND (key OR c.relreplident OPERATOR(pg_catalog.=) 'f')
            """)) AS left_out,
          \(SQL.columnNames(
            """
            listed IS NOT FALSE AND a.attgenerated OPERATOR(pg_catalog.=) ''
              AND a.attlen OPERATOR(pg_catalog.=) (-1)
              AND a.attstorage OPERATOR(pg_catalog.=) ANY ('{x,e}'::pg_catalog."char"[])
            """)) AS toast,
          \(SQL.columnNames(
            """
            a.attgenerated OPERATOR(pg_catalog.<>) '' AND listed IS NOT TRUE
              AND NOT (a.attgenerated OPERATOR(pg_catalog.=) 's' AND coalesce(
                pg_catalog.to_jsonb(p) OPERATOR(pg_catalog.->>) 'pubgencols', 'n')
                OPERATOR(pg_catalog.=) 's')
            """)) AS generated,
          \(SQL.columnNames(
            """
            listed IS NOT FALSE AND e.typsend OPERATOR(pg_catalog.=) 0::pg_catalog.oid
            """)) AS text_only,
          \(SQL.columnNames(
            """
            filtered AND NOT key AND c.relreplident OPERATOR(pg_catalog.<>) 'f'
            """)) AS filtered_beyond,
          pg_catalog.bool_and(listed OR a.attgenerated OPERATOR(pg_catalog.<>) '') AS all_listed
        FROM pg_catalog.pg_attribute AS a
        CROSS JOIN LATERAL (\(SQL.columnRoles)) AS l
        JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
        LEFT JOIN pg_catalog.pg_type AS e ON e.oid OPERATOR(pg_catalog.=) y.typelem
          AND y.typlen OPERATOR(pg_catalog.=) (-1)
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
          AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      ) AS k
      WHERE t.pubname OPERATOR(pg_catalog.=) \(value: publication) ORDER BY 1, 2
      """
    ) { $0.map { PublishedTable($0, publication: publication) } }
  }
}

extension SQL {
  /// The roles of a column `a` of a published table `c`: in the replica identity, listed, and read
  /// by the row filter.
  fileprivate static let columnRoles: SQL = """
    SELECT \(isIdentityKey) AS key,
      CASE WHEN pg_catalog.jsonb_typeof(
          pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->) 'attnames')
          OPERATOR(pg_catalog.=) 'array'
        THEN (pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->) 'attnames')
          OPERATOR(pg_catalog.?) a.attname::pg_catalog.text END AS listed,
      -- What the row filter reads; pg_depend notes the listed columns in the same way.
      pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) 'prqual' IS NOT NULL
        AND NOT coalesce(
          (pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->) 'prattrs')
          OPERATOR(pg_catalog.@>) pg_catalog.to_jsonb(a.attnum), false)
        AND EXISTS (SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_publication_rel'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) r.oid
            AND d.refclassid OPERATOR(pg_catalog.=)
              'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refobjid OPERATOR(pg_catalog.=) c.oid
            AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum) AS filtered
    """

  /// The names of those columns `a` for which the condition holds, as ``ResultRow/names(_:)``
  /// reads them.
  fileprivate static func columnNames(_ condition: StaticString) -> SQL {
    """
    pg_catalog.string_agg(a.attname, pg_catalog.chr(31) ORDER BY a.attnum)
      FILTER (WHERE \(condition))
    """
  }

  /// Whether the index `i` is the replica identity of the table `c`.
  static let isIdentityIndex: SQL = """
    i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisvalid
      AND (c.relreplident OPERATOR(pg_catalog.=) 'd' AND i.indisprimary AND i.indimmediate
        OR c.relreplident OPERATOR(pg_catalog.=) 'i' AND i.indisreplident)
    """

  /// Whether the column `a` is a key of that index, and not only included in it.
  static let isIdentityKey: SQL = """
    coalesce(a.attnum OPERATOR(pg_catalog.=) ANY ((i.indkey::pg_catalog.int2[])
      [0:i.indnkeyatts::pg_catalog.int4 OPERATOR(pg_catalog.-) 1]), false)
    """
}

extension PublishedTable {
  fileprivate init(_ row: ResultRow, publication: String) {
    self.publication = publication
    schema = row["schemaname"] ?? ""
    name = row["tablename"] ?? ""
    identity =
      switch row["relreplident"] {
      case "f": .full
      case "i": .index(row["index_name"] ?? "")
      case "n": .nothing
      default: .default
      }
    identityColumns = row.names("key_columns")
    // A generated column is never listed unless it is published.
    let generated = row.names("generated")
    let isWhole = row["columns"] == nil || row.flag("all_listed") == true
    columns = isWhole ? nil : row.names("columns")
    identityColumnsLeftOut = row.names("left_out").filter { !generated.contains($0) }
    rowFilter = row["rowfilter"]
    filterColumnsBeyondIdentity = row.names("filtered_beyond")
    toastColumns = row.names("toast")
    generatedColumns = generated
    textOnlyArrays = row.names("text_only")
    isReadable = row.flag("readable") ?? false
    publishesOldRows = row.flag("old_rows") ?? false
  }
}
