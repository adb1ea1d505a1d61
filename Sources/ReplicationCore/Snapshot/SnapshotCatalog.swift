internal import CDCTime
internal import PGOutput
internal import PGWire

/// Which tables, columns and rows the publications let a stream deliver.
///
/// As the output plugin does it: changes of a partition come as those of its topmost ancestor that
/// a publication publishes by way of its root; the publications that have that table count, and
/// their row filters are alternatives.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/view-pg-publication-tables.html>
struct SnapshotCatalog: Sendable {
  let session: SnapshotSession
  let publications: [String]

  /// A published table, and the catalogue's rows that say so.
  struct Entry: Sendable {
    /// Without its types.
    let table: SnapshotTable
    /// One for each publication.
    let memberships: [ResultRow]
    /// One for each column of the table, published or not.
    let columns: [ResultRow]
  }

  /// The tables, by schema and name, without their types.
  func tables() async throws(ReplicationError) -> [SnapshotTable] {
    try await entries().map(\.table)
  }

  /// The tables, by schema and name, and what is known of them.
  func entries() async throws(ReplicationError) -> [Entry] {
    let memberships = try await session.rows(try Self.membershipQuery(of: publications))
    var byTable: [String: [ResultRow]] = [:]
    for row in memberships { byTable[row["relid"] ?? "", default: []].append(row) }
    guard !byTable.isEmpty else { return [] }
    let list = try Literal("{\(byTable.keys.sorted().joined(separator: ","))}")
    let columns = Dictionary(
      grouping: try await session.rows(Self.columnQuery(list)), by: { $0["relid"] ?? "" })
    let storage = Dictionary(
      grouping: try await session.rows(Self.storageQuery(list)), by: { $0["relid"] ?? "" })
    var entries: [Entry] = []
    var done: Set<String> = []
    for row in memberships {
      let oid = row["relid"] ?? ""
      guard done.insert(oid).inserted else { continue }
      let (memberships, columns) = (byTable[oid] ?? [], columns[oid] ?? [])
      entries.append(
        Entry(
          table: try Self.table(memberships, columns, storage[oid] ?? []),
          memberships: memberships, columns: columns))
    }
    return entries
  }

  /// One row for each publication of each table; columns by number.
  static func membershipQuery(of publications: [String]) throws(ReplicationError) -> SQL {
    // JSON hides that the view has some columns since server 15 only.
    """
    WITH listed AS (
      SELECT c.oid AS relid, n.nspname, n.oid AS nspoid, c.relname, c.relreplident,
        p.pubname, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
        pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->>) 'rowfilter' AS filter,
        pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->) 'attnames' AS names
      FROM pg_catalog.pg_publication AS p
      JOIN pg_catalog.pg_publication_tables AS t ON t.pubname OPERATOR(pg_catalog.=) p.pubname
      JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
      JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) t.tablename
      WHERE p.pubname OPERATOR(pg_catalog.=) ANY (\(try Literal(array: publications)))
        AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
        AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
    )
    SELECT current_user AS role, l.relid, l.nspname, l.relname, l.relreplident, l.pubname,
      l.pubinsert, l.pubupdate, l.pubdelete, l.pubtruncate, l.filter,
      pg_catalog.has_schema_privilege(l.nspoid, 'USAGE') AS schema_usable,
      (SELECT pg_catalog.string_agg(a.attnum::pg_catalog.text, ',' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid OPERATOR(pg_catalog.=) l.relid
          AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
          AND ((pg_catalog.jsonb_typeof(l.names) OPERATOR(pg_catalog.=) 'array') IS NOT TRUE
            OR l.names OPERATOR(pg_catalog.?) a.attname::pg_catalog.text)
          AND (a.attgenerated OPERATOR(pg_catalog.=) ''
            OR a.attgenerated OPERATOR(pg_catalog.=) 's'
              AND l.names OPERATOR(pg_catalog.?) a.attname::pg_catalog.text
              AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4
                OPERATOR(pg_catalog.>=) 180000)) AS columns
    FROM listed AS l
    WHERE NOT EXISTS (
      SELECT FROM pg_catalog.pg_partition_ancestors(l.relid) AS a (relid)
      JOIN listed AS r ON r.relid OPERATOR(pg_catalog.=) a.relid AND r.pubviaroot
      WHERE a.relid OPERATOR(pg_catalog.<>) l.relid)
    ORDER BY l.nspname, l.relname, l.relid, l.pubname
    """
  }

  static func columnQuery(_ tables: Literal) -> SQL {
    """
    SELECT a.attrelid AS relid, a.attnum, a.attname, a.atttypid, a.atttypmod,
      c.relreplident OPERATOR(pg_catalog.=) 'f'
        OR \(SQL.isIdentityKey) AS key,
      b.oid AS base, b.typname AS base_name, s.nspname AS base_schema,
      pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
    LEFT JOIN pg_catalog.pg_index AS i ON \(SQL.isIdentityIndex)
    CROSS JOIN LATERAL (
      WITH RECURSIVE base (oid, next) AS (
        SELECT y.oid, y.typbasetype FROM pg_catalog.pg_type AS y
        WHERE y.oid OPERATOR(pg_catalog.=) a.atttypid
        UNION ALL
        SELECT y.oid, y.typbasetype FROM base
        JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) base.next
      )
      SELECT y.oid, y.typname, y.typnamespace FROM base
      JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) base.oid
      WHERE base.next OPERATOR(pg_catalog.=) 0::pg_catalog.oid
    ) AS b
    JOIN pg_catalog.pg_namespace AS s ON s.oid OPERATOR(pg_catalog.=) b.typnamespace
    WHERE a.attrelid OPERATOR(pg_catalog.=) ANY (\(tables)::pg_catalog.oid[])
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
    """
  }

  /// Functions of others in expressions of indexes and extended statistics of the table `c`.
  ///
  /// Others are roles that are neither superusers nor our own. What is the server's own has no such
  /// dependency.
  ///
  /// Planning any query of a table folds what is constant in these expressions, and so runs them.
  private static let foreignCode: SQL = """
    SELECT FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_operator AS o ON o.oid OPERATOR(pg_catalog.=) d.refobjid
      AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass
    JOIN pg_catalog.pg_proc AS f ON f.oid OPERATOR(pg_catalog.=) coalesce(
      o.oprcode::pg_catalog.oid, d.refobjid)
    JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.proowner
    WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY[
        'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
        'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid])
      AND NOT r.rolsuper AND r.rolname OPERATOR(pg_catalog.<>) CURRENT_USER
      AND (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
          AND EXISTS (SELECT FROM pg_catalog.pg_index AS i
            WHERE i.indexrelid OPERATOR(pg_catalog.=) d.objid
              AND i.indrelid OPERATOR(pg_catalog.=) ANY (\(SQL.withAncestors)))
        OR d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
          AND EXISTS (SELECT FROM pg_catalog.pg_statistic_ext AS x
            WHERE x.oid OPERATOR(pg_catalog.=) d.objid
              AND x.stxrelid OPERATOR(pg_catalog.=) ANY (\(SQL.withAncestors))))
    """

  /// The tables themselves, or the partitions of roots that hold rows which a stream delivers, and
  /// the foreign ones, of which it delivers nothing.
  static func storageQuery(_ tables: Literal) -> SQL {
    """
    SELECT t.oid AS relid, c.oid, n.nspname, c.relname, c.relkind,
      coalesce(m.amname OPERATOR(pg_catalog.=) 'heap', false) AS heap,
      coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false) AS usable,
      coalesce(pg_catalog.has_table_privilege(c.oid, 'SELECT')
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false) AS readable,
      CASE WHEN c.reltuples OPERATOR(pg_catalog.>=) 0 AND c.relpages OPERATOR(pg_catalog.>) 0
        THEN (c.reltuples OPERATOR(pg_catalog./) c.relpages OPERATOR(pg_catalog.*)
          (pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog./)
            pg_catalog.current_setting('block_size')::pg_catalog.int4))::pg_catalog.int8
        WHEN pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.=) 0 THEN 0 END AS estimate,
      EXISTS (\(foreignCode)) AS foreign_code
    FROM pg_catalog.unnest(\(tables)::pg_catalog.oid[]) AS t (oid)
    CROSS JOIN LATERAL (
      SELECT t.oid UNION
      SELECT p.relid::pg_catalog.oid
      FROM pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS p WHERE p.isleaf
    ) AS p (oid)
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    LEFT JOIN pg_catalog.pg_am AS m ON m.oid OPERATOR(pg_catalog.=) c.relam
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
      OR c.relkind OPERATOR(pg_catalog.=) 'f'
    ORDER BY t.oid, n.nspname, c.relname
    """
  }
}

extension SQL {
  /// The table `c` and those that it is a partition of.
  fileprivate static let withAncestors: SQL = """
    SELECT c.oid UNION ALL SELECT p.relid::pg_catalog.oid
      FROM pg_catalog.pg_partition_ancestors(c.oid::pg_catalog.regclass) AS p (relid)
    """
}

extension SnapshotCatalog {
  /// - Parameter memberships: The rows of the table, one for each publication.
  static func table(
    _ memberships: [ResultRow], _ columns: [ResultRow], _ storage: [ResultRow]
  ) throws(ReplicationError) -> SnapshotTable {
    guard let first = memberships.first, let oid = first["relid"].flatMap({ UInt32($0) }),
      let schema = first["nspname"], let name = first["relname"]
    else { throw .control(.unexpectedResult("a published table without a name")) }
    let shown = "\(Identifier.quote(schema)).\(Identifier.quote(name))"
    guard Set(memberships.map { $0["columns"] ?? "" }).count == 1 else {
      throw .snapshotRefused(
        .differentColumns(shown, publications: memberships.compactMap { $0["pubname"] }))
    }
    let numbers = Set((first["columns"] ?? "").split(separator: ",").map(String.init))
    let published = columns.filter { numbers.contains($0["attnum"] ?? "") }
    let relation = Relation(
      oid: oid, namespace: schema, name: name,
      replicaIdentity: first["relreplident"]?.utf8.first.flatMap {
        Relation.ReplicaIdentity(rawValue: $0)
      } ?? .default,
      columns: published.map(column))
    let isReadable = published.allSatisfy { $0["readable"] == "t" }
    let role = Identifier.quote(first["role"] ?? "")
    let grant =
      first["schema_usable"] != "t"
      ? "GRANT USAGE ON SCHEMA \(Identifier.quote(schema)) TO \(role)"
      : isReadable
        ? partitionGrants(storage, of: oid, to: role) : "GRANT SELECT ON TABLE \(shown) TO \(role)"
    let parts = storage.filter { $0["relkind"] == "r" }.map { part in
      SnapshotTable.Storage(
        oid: part["oid"].flatMap { UInt32($0) } ?? 0, schema: part["nspname"] ?? "",
        name: part["relname"] ?? "", isHeap: part["heap"] == "t",
        isReadable: part["readable"] == "t" || part["oid"] == first["relid"],
        estimatedRows: part["estimate"].flatMap { Int64($0) },
        hasForeignCode: part["foreign_code"] != "f")
    }
    let estimates = parts.compactMap(\.estimatedRows)
    return SnapshotTable(
      relation: relation, rowFilter: filter(memberships),
      estimatedRows: estimates.count == parts.count ? estimates.sumSaturating() : nil,
      hasBinaryForm: false, types: TypeCatalog(), missingGrant: grant, storage: parts,
      hasForeignParts: storage.contains { $0["relkind"] == "f" })
  }

  /// What to grant so that the partitions can be read one by one; `nil` if that is not needed.
  ///
  /// A root that is read as a whole would ask the server of a foreign partition too.
  private static func partitionGrants(
    _ storage: [ResultRow], of root: UInt32, to role: String
  ) -> String? {
    guard storage.contains(where: { $0["relkind"] == "f" }) else { return nil }
    let hidden = storage.filter {
      $0["relkind"] == "r" && $0["readable"] != "t" && $0["oid"] != String(root)
    }
    func quoted(_ part: ResultRow, _ column: String) -> String {
      Identifier.quote(part[column] ?? "")
    }
    let schemas = Set(hidden.filter { $0["usable"] != "t" }.map { quoted($0, "nspname") })
    let tables = hidden.map { "\(quoted($0, "nspname")).\(quoted($0, "relname"))" }
    var grants: [String] = []
    if !schemas.isEmpty {
      grants.append("GRANT USAGE ON SCHEMA \(schemas.sorted().joined(separator: ", ")) TO \(role)")
    }
    if !tables.isEmpty {
      grants.append("GRANT SELECT ON TABLE \(tables.joined(separator: ", ")) TO \(role)")
    }
    return grants.isEmpty ? nil : grants.joined(separator: "; ")
  }

  private static func column(_ row: ResultRow) -> Relation.Column {
    let oid = row["atttypid"].flatMap { UInt32($0) } ?? 0
    // A stream names those types that were not made with the cluster's template.
    let name =
      oid < 10_000
      ? nil
      : TypeName(oid: oid, namespace: row["base_schema"] ?? "", name: row["base_name"] ?? "")
    return Relation.Column(
      name: row["attname"] ?? "", isKey: row["key"] == "t", typeOID: oid,
      typeModifier: row["atttypmod"].flatMap { Int32($0) } ?? -1, typeName: name)
  }

  /// The filters of the publications that publish inserts, if any does: `nil` if one has none.
  private static func filter(_ memberships: [ResultRow]) -> String? {
    let inserting = memberships.filter { $0["pubinsert"] == "t" }
    let counting = inserting.isEmpty ? memberships : inserting
    let filters = counting.compactMap { $0["filter"] }
    guard filters.count == counting.count else { return nil }
    return filters.map { "(\($0))" }.joined(separator: " OR ")
  }
}

extension Literal {
  /// Texts as one value, the form of an array.
  init(array texts: [String]) throws(ReplicationError) {
    let quoted = texts.map { text in
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    try self.init("{\(quoted.joined(separator: ","))}")
  }
}
