internal import PGWire

/// A publication as the catalogs show it.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-publication.html>
public struct Publication: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Whether it is FOR ALL TABLES.
  public let isForAllTables: Bool
  /// The kinds of changes that it publishes.
  public let operations: Set<PublicationOperation>
  /// Whether changes of partitions come as changes of their root.
  public let viaPartitionRoot: Bool
  /// Whether stored generated columns are published without being named.
  ///
  /// Since server 18.
  public let publishesGeneratedColumns: Bool?
  /// The schemas whose tables it covers.
  ///
  /// Since server 15.
  public let schemas: [String]
  /// Transactions since it was made or its options were changed.
  let age: Int64
}

/// A kind of change that a publication can leave out.
@nonexhaustive public enum PublicationOperation: String, Hashable, Sendable, CaseIterable {
  case insert
  case update
  case delete
  case truncate
}

extension ControlConnection {
  /// The publication of exactly this name in this database.
  func publication(_ name: String) throws(ControlError) -> Publication? {
    // Columns by name, since the newer ones are not there before 18, and schemas not before 15.
    let result = try query(
      """
      SELECT p.*, pg_catalog.age(p.xmin) AS age,
        pg_catalog.to_jsonb(p) OPERATOR(pg_catalog.->>) 'pubgencols' AS gencols
      FROM pg_catalog.pg_publication AS p WHERE p.pubname OPERATOR(pg_catalog.=) $1
      """, [name])
    guard let row = result.records.first else { return nil }
    var operations: Set<PublicationOperation> = []
    for operation in PublicationOperation.allCases where row.flag("pub\(operation)") == true {
      operations.insert(operation)
    }
    return Publication(
      name: name, isForAllTables: row.flag("puballtables") ?? false, operations: operations,
      viaPartitionRoot: row.flag("pubviaroot") ?? false,
      publishesGeneratedColumns: row.text("gencols").map { $0 == "s" },
      schemas: serverVersion < 15 ? [] : try schemas(of: name),
      age: row.int("age") ?? 0)
  }

  private func schemas(of publication: String) throws(ControlError) -> [String] {
    let result = try query(
      """
      SELECT n.nspname FROM pg_catalog.pg_publication_namespace AS s
      JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid
      JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) s.pnnspid
      WHERE p.pubname OPERATOR(pg_catalog.=) $1 ORDER BY 1
      """, [publication])
    return result.records.compactMap { $0.text("nspname") }
  }

  /// The tables that a publication covers, partitions included, by schema and name.
  func publishedTables(of publication: String) throws(ControlError) -> [PublishedTable] {
    let result = try query(
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
      LEFT JOIN pg_catalog.pg_index AS i ON \(ReplicationCommand.isIdentityIndex)
      LEFT JOIN pg_catalog.pg_class AS x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
      LEFT JOIN pg_catalog.pg_publication_rel AS r ON r.prpubid OPERATOR(pg_catalog.=) p.oid
        AND r.prrelid OPERATOR(pg_catalog.=) c.oid
      CROSS JOIN LATERAL (
        SELECT
          \(Self.names("key")) AS key_columns,
          \(Self.names("listed")) AS columns,
          \(Self.names(
            """
            NOT listed AND (key OR c.relreplident OPERATOR(pg_catalog.=) 'f')
            """)) AS left_out,
          \(Self.names(
            """
            listed IS NOT FALSE AND a.attgenerated OPERATOR(pg_catalog.=) ''
              AND a.attlen OPERATOR(pg_catalog.=) (-1)
              AND a.attstorage OPERATOR(pg_catalog.=) ANY ('{x,e}'::pg_catalog."char"[])
            """)) AS toast,
          \(Self.names(
            """
            a.attgenerated OPERATOR(pg_catalog.<>) '' AND listed IS NOT TRUE
              AND NOT (a.attgenerated OPERATOR(pg_catalog.=) 's' AND coalesce(
                pg_catalog.to_jsonb(p) OPERATOR(pg_catalog.->>) 'pubgencols', 'n')
                OPERATOR(pg_catalog.=) 's')
            """)) AS generated,
          \(Self.names(
            """
            listed IS NOT FALSE AND e.typsend OPERATOR(pg_catalog.=) 0::pg_catalog.oid
            """)) AS text_only,
          \(Self.names(
            """
            filtered AND NOT key AND c.relreplident OPERATOR(pg_catalog.<>) 'f'
            """)) AS filtered_beyond,
          pg_catalog.bool_and(listed OR a.attgenerated OPERATOR(pg_catalog.<>) '') AS all_listed
        FROM pg_catalog.pg_attribute AS a
        CROSS JOIN LATERAL (\(Self.columnRoles)) AS l
        JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
        LEFT JOIN pg_catalog.pg_type AS e ON e.oid OPERATOR(pg_catalog.=) y.typelem
          AND y.typlen OPERATOR(pg_catalog.=) (-1)
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
          AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      ) AS k
      WHERE t.pubname OPERATOR(pg_catalog.=) $1 ORDER BY 1, 2
      """, [publication])
    return result.records.map { PublishedTable($0, publication: publication) }
  }

  /// What a column `a` of a published table `c` is to its publication: in the replica identity,
  /// listed, and read by the row filter.
  private static let columnRoles: ReplicationCommand = """
    SELECT coalesce(a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey), false) AS key,
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

  /// The names of those columns `a` for which the condition holds, as ``ControlRecord/names(_:)``
  /// reads them.
  private static func names(_ condition: StaticString) -> ReplicationCommand {
    """
    pg_catalog.string_agg(a.attname, pg_catalog.chr(31) ORDER BY a.attnum)
      FILTER (WHERE \(condition))
    """
  }
}

extension ReplicationCommand {
  /// Whether the index `i` is the one that the replica identity of the table `c` is made of.
  static let isIdentityIndex: ReplicationCommand = """
    i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisvalid
      AND (c.relreplident OPERATOR(pg_catalog.=) 'd' AND i.indisprimary AND i.indimmediate
        OR c.relreplident OPERATOR(pg_catalog.=) 'i' AND i.indisreplident)
    """
}

extension PublishedTable {
  fileprivate init(_ row: ControlRecord, publication: String) {
    self.publication = publication
    schema = row.text("schemaname") ?? ""
    name = row.text("tablename") ?? ""
    identity =
      switch row.text("relreplident") {
      case "f": .full
      case "i": .index(row.text("index_name") ?? "")
      case "n": .nothing
      default: .default
      }
    identityColumns = row.names("key_columns")
    // A generated column is never listed unless it is published.
    let generated = row.names("generated")
    let isWhole = row.text("columns") == nil || row.flag("all_listed") == true
    columns = isWhole ? nil : row.names("columns")
    identityColumnsLeftOut = row.names("left_out").filter { !generated.contains($0) }
    rowFilter = row.text("rowfilter")
    filterColumnsBeyondIdentity = row.names("filtered_beyond")
    toastColumns = row.names("toast")
    generatedColumns = generated
    textOnlyArrays = row.names("text_only")
    isReadable = row.flag("readable") ?? false
    publishesOldRows = row.flag("old_rows") ?? false
  }
}
