import PGWire

/// Tables created and published, published with rows, dropped, and publications altered.
struct PublicationChange {
  /// How many tables there are at most that were created meanwhile.
  private static let newTables = 6

  func run(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    // Nothing is held meanwhile: the transaction has done nothing yet.
    try await Task.sleep(for: .milliseconds(random.number(300..<2000)))
    switch random.number(0..<6) {
    case 0, 1: try await create(connection, &random)
    case 2: try await drop(connection, &random)
    case 3: try await publishLate(connection, &random)
    default: try await alterOther(connection, &random)
    }
  }

  /// Creates a table that everybody gets from its first row on.
  private func create(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    guard try await Self.newTables(connection).count < Self.newTables else { return }
    let number = try await connection.column("SELECT nextval('soak.ids')").first ?? "0"
    _ = try await connection.query(
      """
      CREATE TABLE soak.new_\(number) (
        id \(random.isOnce(in: 2) ? "bigint" : "text") PRIMARY KEY, v text, n int);
      ALTER PUBLICATION soak ADD TABLE soak.new_\(number)
      """)
  }

  private func drop(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    let tables = try await Self.newTables(connection)
    guard tables.count >= Self.newTables / 2, let table = tables.randomElement(using: &random)
    else { return }
    _ = try await connection.query("DROP TABLE soak.\(table)")
  }

  /// Publishes a table that has rows, to those who read such tables.
  private func publishLate(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    let tables = try await connection.column(
      """
      SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'soak' AND relkind = 'r' AND starts_with(relname, 'late_')
      AND NOT EXISTS (SELECT FROM pg_publication_rel r WHERE r.prrelid = c.oid) ORDER BY 1
      """)
    guard let table = tables.first else { return }
    if random.isOnce(in: 2) { _ = try await connection.query(Self.change(table, &random)) }
    _ = try await connection.query("ALTER PUBLICATION soak_late ADD TABLE soak.\(table)")
  }

  /// Adds a table to a second publication, or takes it away: the first one has it all the time.
  private func alterOther(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    let table = ["uuids", "texts", "whole"].randomElement(using: &random) ?? "uuids"
    let there = try await connection.column(
      """
      SELECT 1 FROM pg_publication_tables
      WHERE pubname = 'soak_more' AND schemaname = 'soak' AND tablename = \(table.literal)
      """)
    _ = try await connection.query(
      "ALTER PUBLICATION soak_more \(there.isEmpty ? "ADD" : "DROP") TABLE soak.\(table)")
  }

  /// The names of the tables that were created meanwhile.
  private static func newTables(_ connection: WireConnection) async throws -> [String] {
    try await tables("new_", connection)
  }

  private static func tables(
    _ prefix: String, _ connection: WireConnection
  ) async throws -> [String] {
    try await connection.column(
      """
      SELECT tablename FROM pg_tables
      WHERE schemaname = 'soak' AND starts_with(tablename, \(prefix.literal)) ORDER BY 1
      """)
  }

  /// One of the tables that are published at some time.
  static func table(
    _ connection: WireConnection, _ random: inout SoakRandom
  ) async throws -> String? {
    let prefix = random.isOnce(in: 2) ? "new_" : "late_"
    return try await tables(prefix, connection).randomElement(using: &random)
  }

  /// A statement that changes rows of such a table.
  static func change(_ table: String, _ random: inout SoakRandom) -> String {
    let isUUID = table.hasPrefix("late_") && (Int(table.dropFirst(5)) ?? 0) % 2 == 1
    let key = isUUID ? "md5(nextval('soak.ids')::text)::uuid" : "nextval('soak.ids')"
    let some = "id IN (SELECT id FROM soak.\(table) ORDER BY random() LIMIT 20)"
    return switch random.number(0..<4) {
    case 0, 1:
      """
      INSERT INTO soak.\(table) SELECT \(key), md5(random()::text), i FROM generate_series(1, 20) i
      WHERE (SELECT count(*) FROM soak.\(table)) < \(SoakTables.fullTable) ON CONFLICT DO NOTHING
      """
    case 2: "UPDATE soak.\(table) SET n = n + 1 WHERE \(some)"
    default: "DELETE FROM soak.\(table) WHERE \(some)"
    }
  }
}
