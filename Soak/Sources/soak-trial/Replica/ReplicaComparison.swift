import PGOutput
import PGWire

/// Compares a replica with the tables of the source, row by row and value by value.
struct ReplicaComparison {
  private(set) var tables = 0
  private(set) var rows = 0
  private(set) var differences = 0
  /// The first differences of each table, for people.
  private(set) var examples: [String] = []

  /// A published table of the source.
  struct Table {
    let oid: UInt32
    let schema: String
    let name: String
  }

  /// The tables of some publications.
  static func tables(
    of publications: [String], _ connection: WireConnection
  ) async throws -> [Table] {
    let names = publications.map(\.literal).joined(separator: ", ")
    let results = try await connection.query(
      """
      SELECT DISTINCT c.oid, t.schemaname, t.tablename
      FROM pg_publication_tables t JOIN pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      WHERE t.pubname IN (\(names)) ORDER BY 2, 3
      """)
    return (results.first?.rows ?? []).compactMap { row in
      guard row.count == 3, let oid = row[0].flatMap({ UInt32($0) }), let schema = row[1],
        let name = row[2]
      else { return nil }
      return Table(oid: oid, schema: schema, name: name)
    }
  }

  /// A connection that prints values as a stream does, and takes large tables.
  static func connect(_ options: ConnectionOptions) async throws -> WireConnection {
    var limits = ConnectionLimits()
    limits.resultSize = 1 << 30
    return try await WireConnection.connect(
      options,
      settings: [
        "TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres",
        "bytea_output": "hex", "extra_float_digits": "3", "lc_monetary": "C",
      ], limits: limits)
  }

  mutating func compare(
    _ table: Table, _ held: HeldTable?, _ connection: WireConnection
  ) async throws {
    tables += 1
    let name = "\(table.schema.quoted).\(table.name.quoted)"
    // A table that nothing ever came of isn't there, which is as good as empty.
    guard let held, held.rowCount > 0 else {
      let count = try await connection.column("SELECT count(*) FROM \(name)").first
      if count != "0" { note(table, "\(count ?? "no") rows, and none in the replica") }
      return
    }
    let columns = held.relation.columns.map(\.name.quoted).joined(separator: ", ")
    guard let result = try await connection.query("SELECT \(columns) FROM \(name)").first else {
      throw SoakError("\(name) can't be read")
    }
    rows += result.rows.count
    var expected = HeldTable(held.relation)
    for row in result.rows { try expected.insert(HashedRow(row, of: held.relation)) }
    for (key, values) in expected.keyed where held.keyed[key] != values {
      note(table, "\(key) differs: \(values), in the replica \(held.keyed[key] ?? [])")
    }
    for key in held.keyed.keys where expected.keyed[key] == nil {
      note(table, "\(key) is in the replica alone")
    }
    for (values, count) in expected.counted where held.counted[values] != count {
      note(table, "\(values) is there \(count) times, not \(held.counted[values] ?? 0)")
    }
    for values in held.counted.keys where expected.counted[values] == nil {
      note(table, "\(values) is in the replica alone")
    }
  }

  private mutating func note(_ table: Table, _ what: String) {
    differences += 1
    if examples.count < 20 { examples.append("\(table.schema).\(table.name): \(what)") }
  }
}
