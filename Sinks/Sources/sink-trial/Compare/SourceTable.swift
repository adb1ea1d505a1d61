import PGWire

/// A published table of the source.
struct SourceTable {
  /// A column, and how its values look as JSON.
  struct Column {
    let name: String
    /// The name of its type.
    let type: String
    let isArray: Bool
  }

  let schema: String
  let table: String
  /// The columns of the primary key, in its order.
  let key: [String]
  let columns: [Column]

  /// The name with its schema, as lines have it.
  var name: String { "\(schema).\(table)" }
  /// The name as SQL has it.
  var quotedName: String { "\(schema.quoted).\(table.quoted)" }

  /// All tables of the publication.
  static func all(_ connection: WireConnection) async throws -> [SourceTable] {
    let results = try await connection.query(
      """
      SELECT schemaname, tablename FROM pg_publication_tables
      WHERE pubname = '\(TrialTables.publication)' ORDER BY 1, 2
      """)
    var tables: [SourceTable] = []
    for row in results.first?.rows ?? [] {
      guard row.count == 2, let schema = row[0], let table = row[1] else { continue }
      tables.append(try await SourceTable(schema, table, connection))
    }
    guard !tables.isEmpty else { throw TrialError("nothing is published") }
    return tables
  }

  private init(_ schema: String, _ table: String, _ connection: WireConnection) async throws {
    self.schema = schema
    self.table = table
    let relation = "'\(schema.quoted).\(table.quoted)'::regclass"
    let results = try await connection.query(
      """
      SELECT attname, typname, typcategory FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
      WHERE attrelid = \(relation) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
      """)
    columns = (results.first?.rows ?? []).compactMap { row in
      guard row.count == 3, let name = row[0], let type = row[1] else { return nil }
      return Column(name: name, type: type, isArray: row[2] == "A")
    }
    key = try await connection.column(
      """
      SELECT attname FROM pg_index, unnest(indkey) WITH ORDINALITY k (number, place)
      JOIN pg_attribute ON attnum = number
      WHERE indrelid = \(relation) AND attrelid = indrelid AND indisprimary ORDER BY place
      """)
  }

  /// All rows, as lines have them.
  func rows(_ connection: WireConnection) async throws -> [ReplayedTable.Row] {
    let members = columns.map { "\($0.name.literal), \($0.json)" }.joined(separator: ", ")
    let texts = try await connection.column(
      "SELECT json_build_object(\(members))::text FROM \(quotedName)")
    return try texts.map { text in
      guard let row = try JSONValue(parsing: Array(text.utf8)).members else {
        throw TrialError("\(name): a row that is not an object")
      }
      return row
    }
  }
}

extension SourceTable.Column {
  /// The value as the format JSON has it, in SQL.
  ///
  /// It shares nothing with the format.
  fileprivate var json: String {
    let column = name.quoted
    if isArray { return "to_json(\(column))" }
    switch type {
    case "bool", "int2", "int4", "int8", "float4", "float8": return "to_json(\(column))"
    case "json", "jsonb": return "\(column)::json"
    case "timestamptz":
      return "to_json(replace(replace(\(column)::text, ' ', 'T'), '+00', 'Z'))"
    case "timestamp": return "to_json(replace(\(column)::text, ' ', 'T'))"
    default: return "to_json(\(column)::text)"
    }
  }
}

extension String {
  /// As an identifier of SQL.
  var quoted: String { "\"\(replacing("\"", with: "\"\""))\"" }
  /// As a string of SQL.
  var literal: String { "'\(replacing("'", with: "''"))'" }
}
