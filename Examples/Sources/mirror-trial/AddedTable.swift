import PGWire

/// A table that the workload fills, and publishes while others write to it, with a key of some type.
///
/// Its name says its kind.
struct AddedTable {
  /// What its key is: types that SQLite compares as PostgreSQL does, and types that it does not.
  enum Kind: String, CaseIterable {
    case int8
    case text
    case byteText = "bytetext"
    case uuid
    case numeric
    case timestamp
    case bytes
    case inet
    case pair
    case none

    /// The columns of the key.
    var columns: String {
      switch self {
      case .int8, .none: "k bigint"
      case .text: "k text"
      case .byteText: #"k text COLLATE "C""#
      case .uuid: "k uuid"
      case .numeric: "k numeric"
      case .timestamp: "k timestamptz"
      case .bytes: "k bytea"
      // Only the server compares these.
      case .inet: "k inet"
      case .pair: "k int, l text"
      }
    }

    var constraint: String {
      switch self {
      case .none: ""
      case .pair: ", PRIMARY KEY (k, l)"
      default: ", PRIMARY KEY (k)"
      }
    }

    var names: String { self == .pair ? "k, l" : "k" }

    /// The key that is made of a number: another one for each.
    func key(_ number: String) -> String {
      switch self {
      case .int8, .none: number
      case .text: "(CASE WHEN \(number) % 2 = 0 THEN 'Ä' ELSE 'b ' END) || md5((\(number))::text)"
      case .byteText: "upper(md5((\(number))::text)) || 'é'"
      case .uuid: "md5((\(number))::text)::uuid"
      case .numeric: "((\(number)) - 3000) * 1.5"
      case .timestamp: "timestamptz '0001-01-01 BC' + (\(number)) * interval '1 day 1 microsecond'"
      case .bytes: "decode(md5((\(number))::text), 'hex')"
      case .inet: "'10.0.0.0'::inet + (\(number))"
      case .pair: "((\(number)) % 10)::int, md5((\(number))::text)"
      }
    }
  }

  let name: String
  let kind: Kind

  init?(name: String) {
    let parts = name.split(separator: "_")
    guard parts.count == 3, let kind = Kind(rawValue: String(parts[1])) else { return nil }
    self.name = name
    self.kind = kind
  }

  /// One of those there are.
  static func any(_ connection: WireConnection) async throws -> AddedTable? {
    try await names(connection, where: "true").randomElement().flatMap { AddedTable(name: $0) }
  }

  static func names(_ connection: WireConnection, where condition: String) async throws -> [String]
  {
    let found = try await connection.query(
      """
      SELECT relname FROM pg_class c
      WHERE relname LIKE 'added\\_%' AND relkind = 'r' AND \(condition)
      """)
    return (found.first?.rows ?? []).compactMap { $0.first ?? nil }
  }

  /// All of them, four of each kind.
  static let all = Kind.allCases.flatMap { kind in
    (0..<4).compactMap { AddedTable(name: "added_\(kind.rawValue)_\($0)") }
  }

  /// Creates it with rows.
  var creation: String {
    """
    CREATE TABLE \(name) (\(kind.columns), v text, n int\(kind.constraint));
    \(insertion(rows: Int.random(in: 0...4000)));
    """
  }

  private func insertion(rows: Int) -> String {
    """
    INSERT INTO \(name) SELECT \(kind.key("i")), repeat(md5(i::text), 2), 0
    FROM (SELECT nextval('ids') AS i FROM generate_series(1, \(rows))) s
    """
  }

  /// A change of rows.
  func statement(rows: Int) -> String {
    // A table without a key can only be inserted into.
    guard kind != .none else { return insertion(rows: rows) }
    let names = kind.names
    let some = "(\(names)) IN (SELECT \(names) FROM \(name) ORDER BY random() LIMIT \(rows))"
    return switch Int.random(in: 0..<30) {
    case 0..<10: "UPDATE \(name) SET v = md5(random()::text), n = n + 1 WHERE \(some)"
    case 10..<15:
      "UPDATE \(name) SET (\(names)) = ROW(\(kind.key("nextval('ids')"))) WHERE \(some)"
    case 15..<21: "DELETE FROM \(name) WHERE \(some)"
    case 21: "TRUNCATE \(name)"
    default: insertion(rows: rows)
    }
  }
}

/// A table is published while it has rows and is written to.
struct AddingTransaction: RandomTransaction {
  func run(_ connection: WireConnection) async throws {
    // Nothing is held meanwhile: the transaction has done nothing yet.
    try await Task.sleep(for: .milliseconds(Int.random(in: 500...3000)))
    let unpublished = try await AddedTable.names(
      connection,
      where: "NOT EXISTS (SELECT FROM pg_publication_rel r WHERE r.prrelid = c.oid)")
    guard let table = unpublished.randomElement().flatMap({ AddedTable(name: $0) }) else { return }
    if Bool.random() { _ = try await connection.query(table.statement(rows: 100)) }
    _ = try await connection.query("ALTER PUBLICATION sqlite_mirror ADD TABLE \(table.name)")
    if Bool.random() { _ = try await connection.query(table.statement(rows: 100)) }
  }
}
