internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// What the demo does to its table, statement by statement, and how often.
struct DemoWorkload: Sendable {
  let table: String
  let connection: Connection
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

/// How many changes of each kind.
struct DemoCounts: Sendable {
  var inserts = 0
  var updates = 0
  var deletes = 0
  var truncates = 0

  var total: Int { [inserts, updates, deletes, truncates].sumSaturating() }

  /// Adds what the server says of a statement: `INSERT 0 3`, `UPDATE 1`, `ROLLBACK`.
  mutating func add(tag: String) {
    let words = tag.split(separator: " ")
    let count = words.last.flatMap { Int($0) } ?? 0
    switch words.first {
    case "INSERT": pending.inserts = pending.inserts.addingSaturating(count)
    case "UPDATE": pending.updates = pending.updates.addingSaturating(count)
    case "DELETE": pending.deletes = pending.deletes.addingSaturating(count)
    case "TRUNCATE": pending.truncates += 1
    case "BEGIN": isInTransaction = true
    case "COMMIT": isInTransaction = false
    case "ROLLBACK":
      isInTransaction = false
      pending = Pending()
    default: break
    }
    if !isInTransaction { settle() }
  }

  private struct Pending {
    var inserts = 0
    var updates = 0
    var deletes = 0
    var truncates = 0
  }

  private var pending = Pending()
  private var isInTransaction = false

  private mutating func settle() {
    inserts = inserts.addingSaturating(pending.inserts)
    updates = updates.addingSaturating(pending.updates)
    deletes = deletes.addingSaturating(pending.deletes)
    truncates = truncates.addingSaturating(pending.truncates)
    pending = Pending()
  }
}
