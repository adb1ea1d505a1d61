/// Questions about sequences, for sessions with an empty `search_path`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-sequence.html>,
/// <https://www.postgresql.org/docs/current/catalog-pg-depend.html>
enum SequenceSQL {
  /// The most sequences that are read with one statement.
  static let mostStates = 100

  /// The publications that exist.
  static func publications(_ names: [String]) -> String {
    """
    SELECT pubname FROM pg_catalog.pg_publication
    WHERE pubname::pg_catalog.text = ANY (\(texts(names)))
    """
  }

  /// The tables whose changes publications send: oid, schema, name.
  ///
  /// Changes of a partition are those of its root if a publication publishes that one.
  static func publishedTables(by publications: [String]) -> String {
    """
    WITH published AS (
      SELECT DISTINCT c.oid, t.schemaname, t.tablename, c.relkind
      FROM pg_catalog.pg_publication_tables AS t
      JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schemaname
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.tablename
      WHERE t.pubname::pg_catalog.text = ANY (\(texts(publications)))
    )
    SELECT p.oid, p.schemaname, p.tablename FROM published AS p
    WHERE NOT EXISTS (
      SELECT 1 FROM pg_catalog.pg_partition_ancestors(p.oid) AS x (ancestor)
      JOIN published AS r ON r.oid = x.ancestor::pg_catalog.oid AND r.relkind = 'p'
      WHERE r.oid <> p.oid)
    ORDER BY 2, 3
    """
  }

  /// SQL for the oids of tables, by oids.
  static func tables(oids: [String]) -> String {
    """
    SELECT c.oid FROM pg_catalog.pg_class AS c
    WHERE c.oid = ANY ('{\(oids.joined(separator: ","))}'::pg_catalog.oid[])
    """
  }

  /// SQL for the oids of tables, by schema and name.
  static func tables(named names: [[String]]) -> String {
    """
    SELECT c.oid FROM \(pairs(names)) AS k (schema_name, own_name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname::pg_catalog.text = k.schema_name
    JOIN pg_catalog.pg_class AS c
      ON c.relnamespace = n.oid AND c.relname::pg_catalog.text = k.own_name
    """
  }

  /// The sequences that belong to columns of tables or of what these inherit from, those that
  /// defaults of such columns use, and others by name; a row for each column and mirrored table.
  ///
  /// - Parameters:
  ///   - tables: SQL for the oids of the tables.
  ///   - names: The others, by schema and name.
  static func sequences(of tables: String, named names: [[String]] = []) -> String {
    """
    WITH RECURSIVE family AS (
      SELECT m.oid, m.oid AS member FROM (\(tables)) AS m
      UNION
      SELECT i.inhparent, f.member FROM family AS f
      JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = f.oid
    ), uses AS (
      SELECT 'owned' AS kind, d.objid AS sequence, f.oid AS relation, d.refobjsubid AS place,
        f.member
      FROM family AS f
      JOIN pg_catalog.pg_depend AS d ON d.refobjid = f.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
      UNION ALL
      SELECT 'used', d.refobjid, f.oid, e.adnum::pg_catalog.int4, f.member
      FROM family AS f
      JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = f.oid
      JOIN pg_catalog.pg_depend AS d ON d.objid = e.oid
        AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> f.oid
      UNION ALL
      SELECT 'named', c.oid, NULL::pg_catalog.oid, NULL::pg_catalog.int4, NULL::pg_catalog.oid
      FROM (\(Self.tables(named: names))) AS c
    )
    SELECT u.kind, s.oid, o.nspname, s.relname, q.seqincrement,
      pg_catalog.has_sequence_privilege(s.oid, 'SELECT')
        AND pg_catalog.has_schema_privilege(o.oid, 'USAGE'),
      t.oid, n.nspname, t.relname, a.attname, b.oid, v.nspname, b.relname
    FROM uses AS u
    JOIN pg_catalog.pg_class AS s ON s.oid = u.sequence AND s.relkind = 'S'
    JOIN pg_catalog.pg_namespace AS o ON o.oid = s.relnamespace
    JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.oid
    LEFT JOIN pg_catalog.pg_class AS t ON t.oid = u.relation
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = u.place
    LEFT JOIN pg_catalog.pg_class AS b ON b.oid = u.member
    LEFT JOIN pg_catalog.pg_namespace AS v ON v.oid = b.relnamespace
    ORDER BY n.nspname, t.relname, a.attnum, o.nspname, s.relname, v.nspname, b.relname
    """
  }

  /// The states of sequences: the place in the list, `last_value`, `is_called`.
  ///
  /// The sequences themselves are asked: `pg_sequences` has no value for one that has given none.
  ///
  /// - Parameter names: Quoted, with their schemas.
  static func states(_ names: [(place: Int, name: String)]) -> String {
    names.map { "SELECT \($0.place), last_value, is_called FROM \($0.name)" }
      .joined(separator: " UNION ALL ")
  }

  private static func texts(_ texts: [String]) -> String {
    "\(String.array(texts).quotedValue)::pg_catalog.text[]"
  }

  private static func pairs(_ names: [[String]]) -> String {
    let schemas = texts(names.compactMap(\.first))
    let own = texts(names.compactMap(\.last))
    return "ROWS FROM (pg_catalog.unnest(\(schemas)), pg_catalog.unnest(\(own)))"
  }
}

extension [ServerSequence] {
  /// The statements that read the states of those that may be read.
  var questions: [String] {
    let readable = indices.filter { self[$0].isReadable }
      .map { (place: $0, name: self[$0].name) }
    return stride(from: 0, to: readable.count, by: SequenceSQL.mostStates).map { start in
      SequenceSQL.states(Swift.Array(readable.dropFirst(start).prefix(SequenceSQL.mostStates)))
    }
  }

  /// Notes the rows that a question has brought.
  mutating func note(_ rows: [[String?]]) {
    for row in rows where row.count == 3 {
      guard let place = row[0].flatMap({ Int($0) }), indices.contains(place),
        let value = row[1].flatMap({ Int64($0) }), let isCalled = row[2]
      else { continue }
      self[place].state = SequenceState(value: value, isCalled: isCalled == "t")
    }
  }
}
