internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// What the demo does to its table, statement by statement, and how often.
struct DemoWorkload: Sendable {
  let table: String
  let connection: WireConnection
  let largeRows: Int

  /// Runs all of it with pauses, so that a person can follow.
  ///
  /// - Returns: How many rows were inserted, updated and deleted, and how many truncates done, as
  ///   the server counted them.
  func run() async throws -> DemoCounts {
    var counts = DemoCounts()
    for statement in statements {
      try await Task.sleep(for: .milliseconds(250))
      let results = try await connection.query(statement, answerTimeout: nil)
      for result in results { counts.add(tag: result.commandTag) }
    }
    return counts
  }

  private var statements: [String] {
    [
      "INSERT INTO \(table) VALUES (1, 'Ada Lovelace', 1200.50, '{\"vip\": true}')",
      """
      INSERT INTO \(table) VALUES (2, 'Grace Hopper', 980.00, NULL), (3, 'Zoë Müller', 0, '{}'),
        (4, 'Edgar Codd', 42.10, NULL)
      """,
      "UPDATE \(table) SET balance = balance - 100 WHERE id = 1",
      """
      BEGIN; UPDATE \(table) SET balance = balance + 100 WHERE id = 2;
      UPDATE \(table) SET id = 30, owner = 'Zoë Müller-Lüdenscheidt' WHERE id = 3; COMMIT
      """,
      "DELETE FROM \(table) WHERE id = 4",
      "BEGIN; INSERT INTO \(table) VALUES (99, 'never seen', 0, NULL); ROLLBACK",
      "TRUNCATE \(table)",
      """
      INSERT INTO \(table) SELECT n, 'customer ' || n, n * 1.25, NULL
      FROM generate_series(1, \(largeRows)) AS n
      """,
      "UPDATE \(table) SET balance = 0 WHERE id % 1000 = 0",
      "DELETE FROM \(table) WHERE id % 500 = 1",
      "INSERT INTO \(table) VALUES (\(DemoWorkload.lastID), 'the last one', 0, NULL)",
    ]
  }

  /// The id of the row whose insert ends the demo.
  static let lastID = 0
}
