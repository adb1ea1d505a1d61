import PGWire

/// A short history in which everything happens that a way of streaming could get wrong, and what has
/// to come of it in every way.
enum MatrixHistory {
  /// The columns of `items` beside its key, and a value of each as the server prints it.
  private static let columns: [(name: String, type: String, value: String)] = [
    ("name", "text", "ünï ☃ 'quoted' \\"), ("amount", "numeric", "12345.678"),
    ("ratio", "float8", "0.1"), ("at", "timestamptz", "2024-01-02 03:04:05.5+00"),
    ("day", "date", "2000-02-29"), ("flag", "boolean", "t"),
    ("doc", "jsonb", #"{"a": [1, null]}"#), ("tags", "text[]", #"{a,"b c",NULL}"#),
    ("raw", "bytea", #"\x00ff"#), ("code", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("span", "interval", "1 day 02:00:00"), ("area", "int4range", "[1,5)"),
    ("address", "inet", "10.0.0.1"), ("feeling", "mood", "glad"),
    ("big", "text", String(repeating: "0123456789", count: 300)),
  ]

  /// Makes the tables: `items` with a key, `notes` with a full identity, and `filler`, which is not to
  /// be published.
  static func prepare(_ site: Site) async throws {
    let definitions = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    try await site.sql.run(
      """
      CREATE TYPE mood AS ENUM ('sad', 'glad');
      CREATE TABLE items (id int PRIMARY KEY, \(definitions));
      ALTER TABLE items ALTER big SET STORAGE EXTERNAL;
      CREATE TABLE notes (id int, note text);
      ALTER TABLE notes REPLICA IDENTITY FULL;
      CREATE TABLE filler (id int)
      """)
    try await site.publish("TABLE items, notes")
  }

  /// Makes it happen.
  static func run(_ site: Site) async throws {
    let values = columns.map { $0.value.literal }.joined(separator: ", ")
    // With 64 kB for a transaction, that much of one goes out before it ends.
    let fill = "INSERT INTO filler SELECT generate_series(1, 600)"
    let kept = "\(site.name) kept"
    let undone = "\(site.name) undone"
    for statements in [
      """
      BEGIN; INSERT INTO items VALUES (1, \(values)); INSERT INTO items (id) VALUES (2);
      INSERT INTO notes VALUES (1, 'one'); COMMIT
      """,
      "UPDATE items SET id = 10 WHERE id = 1",
      """
      BEGIN; UPDATE items SET name = 'renamed' WHERE id = 2;
      UPDATE notes SET note = 'uno' WHERE id = 1; COMMIT
      """,
      "BEGIN; DELETE FROM items WHERE id = 2; DELETE FROM notes; COMMIT",
      """
      BEGIN; INSERT INTO notes VALUES (2, 'before'); SAVEPOINT a; INSERT INTO notes VALUES (3, 'undone');
      ROLLBACK TO a; INSERT INTO notes VALUES (4, 'after'); COMMIT
      """,
      """
      BEGIN; INSERT INTO notes VALUES (5, 'first'); \(fill); SAVEPOINT a;
      INSERT INTO notes VALUES (6, 'undone'); \(fill); ROLLBACK TO a;
      INSERT INTO notes VALUES (7, 'second'); \(fill); UPDATE notes SET note = 'last' WHERE id = 5;
      \(fill); COMMIT
      """,
      "BEGIN; INSERT INTO notes VALUES (8, 'undone'); \(fill); \(fill); ROLLBACK",
      """
      BEGIN; INSERT INTO notes VALUES (9, 'prepared'); \(fill); \(fill);
      INSERT INTO items (id) VALUES (9); PREPARE TRANSACTION \(kept.literal)
      """,
      "COMMIT PREPARED \(kept.literal)",
      "BEGIN; INSERT INTO notes VALUES (11, 'undone'); PREPARE TRANSACTION \(undone.literal)",
      "ROLLBACK PREPARED \(undone.literal)",
      "TRUNCATE items, notes",
      "INSERT INTO notes VALUES (12, 'the end')",
    ] { try await site.sql.run(statements) }
  }

  /// The transactions that count, in commit order, each with its changes.
  static let expected: [[String]] = [
    ["insert items \(item(1))", "insert items \(empty(2))", "insert notes id=1 note=one"],
    ["update items [id=1] \(item(10, ["big": "(unchanged)"]))"],
    [
      "update items \(empty(2, ["name": "renamed"]))",
      "update notes [id=1 note=one] id=1 note=uno",
    ],
    ["delete items id=2", "delete notes id=1 note=uno"],
    ["insert notes id=2 note=before", "insert notes id=4 note=after"],
    [
      "insert notes id=5 note=first", "insert notes id=7 note=second",
      "update notes [id=5 note=first] id=5 note=last",
    ],
    ["insert notes id=9 note=prepared", "insert items \(empty(9))"],
    ["truncate items notes"],
    ["insert notes id=12 note=the end"],
  ]
  /// How many of its transactions are prepared first, the one that is rolled back included.
  static let prepared = 2

  /// A row of `items` with all values.
  private static func item(_ id: Int, _ other: [String: String] = [:]) -> String {
    let words = columns.map { "\($0.name)=\(other[$0.name] ?? $0.value)" }
    return (["id=\(id)"] + words).joined(separator: " ")
  }

  /// A row of `items` without any.
  private static func empty(_ id: Int, _ other: [String: String] = [:]) -> String {
    let nulls = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, "NULL") })
    return item(id, nulls.merging(other) { $1 })
  }
}
