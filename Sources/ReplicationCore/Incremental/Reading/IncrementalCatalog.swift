internal import PGOutput
internal import PGWire

/// Which tables can be read while the stream runs, by which keys, and what refuses to be.
///
/// The tables are those of ``SnapshotCatalog``; beside them it asks for the columns of their keys
/// and for their fingerprints.
struct IncrementalCatalog: Sendable {
  let session: SnapshotSession
  let publications: [String]

  /// A table without its types, and the columns of its key.
  struct Entry: Sendable {
    let table: SnapshotTable
    let keyRows: [ResultRow]
    let columns: [ResultRow]
    let fingerprint: String
    /// What makes the publications have it.
    let memberships: [UInt32]
  }

  /// How often the catalogue is asked again because a table joined or was dropped in between.
  private static let patience = 8

  /// The tables, by schema and name, in a transaction whose queries see what is there by then.
  ///
  /// - Parameter isWanted: Which of them are to be read; others are not refused.
  /// - Throws: ``ReplicationError/snapshotRefused(_:)``: what refuses to be read, by name.
  func entries(
    refusing isWanted: (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> [Entry] {
    for _ in 0..<Self.patience {
      // First the fingerprints: what is altered from here on is noticed when it is read.
      let fingerprints = try await self.fingerprints()
      let found = try await SnapshotCatalog(session: session, publications: publications).entries()
      guard found.allSatisfy({ fingerprints[$0.table.relation.oid] != nil }) else { continue }
      let oids = found.map(\.table.relation.oid)
      let keys = Dictionary(
        grouping: try await session.rows(Self.keyQuery(oids)), by: { $0.oid("relid") ?? 0 })
      let access = Dictionary(
        try await session.rows(Self.accessQuery(oids)).map { ($0.oid("relid") ?? 0, $0) },
        uniquingKeysWith: { $1 })
      // Of what is gone by now the server does not say whether it may be read.
      let hasAll = found.allSatisfy { entry in
        access[entry.table.relation.oid]?["lockable"] != nil
          && entry.columns.allSatisfy { $0["readable"] != nil }
      }
      guard hasAll else { continue }
      try await refuse(found.filter { isWanted($0.table) }, access)
      return found.map { entry in
        let oid = entry.table.relation.oid
        return Entry(
          table: entry.table, keyRows: keys[oid] ?? [], columns: entry.columns,
          fingerprint: fingerprints[oid]?.text ?? "",
          memberships: fingerprints[oid]?.memberships ?? [])
      }
    }
    throw .control(.unexpectedResult("tables that join and leave the publication all the time"))
  }

  // MARK: Refusals

  private func refuse(
    _ entries: [SnapshotCatalog.Entry], _ access: [UInt32: ResultRow]
  ) async throws(ReplicationError) {
    for entry in entries { try Self.refuseOperationsLeftOut(entry) }
    var unreadable: [(name: String, grant: String)] = []
    for table in entries.map(\.table) {
      let row = access[table.relation.oid]
      if let grant = table.missingGrant {
        unreadable.append((table.qualifiedName, grant))
      } else if row?.flag("lockable") != true {
        // LOCK TABLE asks for rights to the whole table, whatever columns are read.
        let role = Identifier.quote(row?["role"] ?? "")
        unreadable.append(
          (table.qualifiedName, "GRANT SELECT ON TABLE \(table.qualifiedName) TO \(role)"))
      }
    }
    guard unreadable.isEmpty else {
      throw .snapshotRefused(
        .notReadable(unreadable.map(\.name), grants: unreadable.map(\.grant)))
    }
    for table in entries.map(\.table) {
      try table.refuseForeignCode()
      // The server's own words, from the same check that reading would fail at.
      guard access[table.relation.oid]?.flag("secured") == true else { continue }
      for source in try table.sources() where !source.avoidsPlanner {
        try await session.execute("SELECT FROM \(source.name) LIMIT 0")
      }
    }
  }

  /// Refuses a table whose copy could not stay equal to it.
  ///
  /// Rows are published if one of its publications does so, each operation by itself. So another
  /// publication may leave out operations if one has all of them, and of all rows.
  static func refuseOperationsLeftOut(
    _ entry: SnapshotCatalog.Entry
  ) throws(ReplicationError) {
    func leftOut(_ row: ResultRow) -> [PublicationOperation] {
      PublicationOperation.allCases.filter { row.flag("pub\($0)") != true }
    }
    let isWhole = entry.memberships.contains { leftOut($0).isEmpty && $0["filter"] == nil }
    guard !isWhole else { return }
    for membership in entry.memberships where !leftOut(membership).isEmpty {
      throw .snapshotRefused(
        .operationsLeftOut(
          entry.table.qualifiedName, publication: membership["pubname"] ?? "",
          operations: leftOut(membership)))
    }
  }

  // MARK: Fingerprints

  private func fingerprints() async throws(ReplicationError) -> [UInt32: (
    text: String, memberships: [UInt32]
  )] {
    var found: [UInt32: (text: String, memberships: [UInt32])] = [:]
    for row in try await session.rows(
      try SQL.fingerprints(
        of: SQL.publishedTables(by: publications), publications: publications,
        serverVersion: session.serverVersion))
    {
      guard let oid = row.oid("relid"), let text = row["fingerprint"] else { continue }
      found[oid] = (text, row.memberships)
    }
    return found
  }

  // MARK: Questions

  /// The columns of the key of each table, in the order of the index; none without a key.
  ///
  /// `carried` says whether deletes from every partition have the column.
  static func keyQuery(_ tables: [UInt32]) -> SQL {
    """
    SELECT c.oid AS relid, a.attname, l.collname, n.nspname AS collation_schema,
      coalesce(\(SQL.comparesBytes), false) AS compares_bytes,
      NOT EXISTS (\(SQL.partitionsWithoutColumn)) AS carried
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) c.oid
      AND i.indisvalid AND i.indimmediate
      AND (c.relreplident OPERATOR(pg_catalog.=) ANY ('{d,f}'::pg_catalog."char"[])
          AND i.indisprimary
        OR c.relreplident OPERATOR(pg_catalog.=) 'i' AND i.indisreplident)
    CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[])
      WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
      AND a.attnum OPERATOR(pg_catalog.=) k.attnum
    LEFT JOIN pg_catalog.pg_collation AS l ON l.oid OPERATOR(pg_catalog.=) a.attcollation
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (\(values: tables)::pg_catalog.oid[])
      AND k.place OPERATOR(pg_catalog.<=) i.indnkeyatts
    ORDER BY c.oid, k.place
    """
  }

  /// Whether each table can be locked, and whether row security would hide rows of it.
  static func accessQuery(_ tables: [UInt32]) -> SQL {
    """
    SELECT c.oid AS relid, current_user AS role,
      pg_catalog.has_table_privilege(c.oid, 'SELECT') AS lockable,
      pg_catalog.row_security_active(c.oid) OR EXISTS (
        SELECT FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) AS p
        WHERE pg_catalog.row_security_active(p.relid::pg_catalog.oid)) AS secured
    FROM pg_catalog.pg_class AS c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (\(values: tables)::pg_catalog.oid[])
    """
  }
}

extension SQL {
  /// Whether text of the column `a`, whose collation is `l`, is ordered by its bytes in UTF-8.
  ///
  /// The provider of a database's collation has been there since server 15, `builtin` since 17.
  fileprivate static let comparesBytes: SQL = """
    pg_catalog.getdatabaseencoding()
        OPERATOR(pg_catalog.=) ANY ('{UTF8,SQL_ASCII,LATIN1}'::pg_catalog.text[])
      AND l.collisdeterministic
      AND CASE WHEN l.collprovider OPERATOR(pg_catalog.=) 'd' THEN (
        SELECT CASE WHEN coalesce(
              pg_catalog.to_jsonb(d) OPERATOR(pg_catalog.->>) 'datlocprovider', 'c')
            OPERATOR(pg_catalog.=) 'c'
          THEN d.datcollate::pg_catalog.text
            OPERATOR(pg_catalog.=) ANY ('{C,POSIX}'::pg_catalog.text[])
          ELSE (pg_catalog.to_jsonb(d) OPERATOR(pg_catalog.->>) 'datlocprovider')
            OPERATOR(pg_catalog.=) 'b' END
        FROM pg_catalog.pg_database AS d
        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      ELSE l.collprovider OPERATOR(pg_catalog.=) 'b'
        OR l.collprovider OPERATOR(pg_catalog.=) 'c' AND l.collcollate::pg_catalog.text
          OPERATOR(pg_catalog.=) ANY ('{C,POSIX}'::pg_catalog.text[]) END
    """

  /// The partitions of `c` whose replica identity lacks the column `a`.
  fileprivate static let partitionsWithoutColumn: SQL = """
    SELECT FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) AS p
    JOIN pg_catalog.pg_class AS s ON s.oid OPERATOR(pg_catalog.=) p.relid::pg_catalog.oid
    WHERE p.isleaf AND s.relkind OPERATOR(pg_catalog.=) 'r'
      AND s.relreplident OPERATOR(pg_catalog.<>) 'f'
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_attribute AS y ON y.attrelid OPERATOR(pg_catalog.=) s.oid
          AND y.attname OPERATOR(pg_catalog.=) a.attname
        WHERE x.indrelid OPERATOR(pg_catalog.=) s.oid AND x.indisvalid AND x.indimmediate
          AND (s.relreplident OPERATOR(pg_catalog.=) 'd' AND x.indisprimary
            OR s.relreplident OPERATOR(pg_catalog.=) 'i' AND x.indisreplident)
          AND y.attnum OPERATOR(pg_catalog.=) ANY ((x.indkey::pg_catalog.int2[])
            [0:x.indnkeyatts::pg_catalog.int4 OPERATOR(pg_catalog.-) 1]))
    """
}
