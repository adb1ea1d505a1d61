import PGWire
import TestSupport

/// What happens to two tables, by chance, but the same for the same seed.
///
/// Table `keyed` has a primary key, `whole` has none and a full replica identity; they have the
/// same columns. In both, `id` is unique at every moment.
struct History {
  private var random: RepeatableGenerator
  private var lastID = 0
  private var keyChanges = 0
  /// Whether each transaction is so large that a server which is told to keeps only a part of it in
  /// memory; there has to be a table `filler` then.
  private let isLarge: Bool
  /// The start of the names of prepared transactions, if some are to be prepared before they end.
  private let prepares: String?
  private var preparations = 0

  /// All of the tables.
  static let tables = ["keyed", "whole"]

  init(seed: UInt64, isLarge: Bool = false, prepares: String? = nil) {
    random = RepeatableGenerator(seed: seed)
    self.isLarge = isLarge
    self.prepares = prepares
  }

  /// Makes the tables.
  static func prepare(_ sql: WireConnection) async throws {
    let columns = """
      name text, amount numeric, at timestamptz, flag boolean, doc jsonb, tags text[], big text
      """
    try await sql.run(
      """
      CREATE TABLE keyed (id int PRIMARY KEY, \(columns));
      CREATE TABLE whole (id int NOT NULL, \(columns));
      ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL;
      ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
      ALTER TABLE whole REPLICA IDENTITY FULL
      """)
  }

  /// Does so many transactions more, some of which roll back.
  mutating func run(_ sql: WireConnection, transactions: Int) async throws {
    for _ in 0..<transactions {
      for part in transaction() { try await sql.run(part) }
    }
  }

  /// What is to be run one after the other.
  private mutating func transaction() -> [String] {
    var statements = ["BEGIN"]
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      statements +=
        chance(10)
        ? ["SAVEPOINT s", change()] + filling + ["ROLLBACK TO s"] : [change()] + filling
    }
    if let prepares, chance(25) {
      preparations += 1
      let gid = "'\(prepares) \(preparations)'"
      statements.append("PREPARE TRANSACTION \(gid)")
      return [
        statements.joined(separator: ";\n"),
        "\(chance(30) ? "ROLLBACK" : "COMMIT") PREPARED \(gid)",
      ]
    }
    statements.append(chance(10) ? "ROLLBACK" : "COMMIT")
    return [statements.joined(separator: ";\n")]
  }

  private var filling: [String] {
    isLarge ? ["INSERT INTO filler SELECT generate_series(1, 600)"] : []
  }

  private mutating func change() -> String {
    let table = pick(Self.tables)
    let some = "WHERE id % \(Int.random(in: 2...9, using: &random)) = 1"
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<45: return insert(table)
    case 45..<60: return "UPDATE \(table) SET name = \(name()), amount = \(amount()) \(some)"
    case 60..<68: return "UPDATE \(table) SET at = \(time()), flag = NOT flag \(some)"
    case 68..<75: return "UPDATE \(table) SET big = \(big()) \(some)"
    case 75..<82:
      // No key comes twice: what is added are whole steps above all that were inserted.
      keyChanges += 1
      return "UPDATE \(table) SET id = id % 1000000 + \(keyChanges % 2000) * 1000000 \(some)"
    case 82..<97: return "DELETE FROM \(table) \(some)"
    case 97: return "TRUNCATE keyed, whole"
    default: return "TRUNCATE \(table)"
    }
  }

  private mutating func insert(_ table: String) -> String {
    let first = lastID + 1
    lastID += Int.random(in: 1...8, using: &random)
    return """
      INSERT INTO \(table) SELECT id, \(name()), \(amount()), \(time()), \
      \(pick(["true", "false", "NULL"])), \(document()), \(tags()), \(big()) \
      FROM generate_series(\(first), \(lastID)) AS id
      """
  }

  private mutating func name() -> String {
    pick(
      ["", "plain", "NULL", "{}", "'\"\\/", "line\nbreak\ttab\r", "ünï ☃ 🐘 e\u{301}", " "].map(
        \.literal)
        + ["NULL", "'row ' || id"])
  }

  private mutating func amount() -> String {
    pick(["NULL", "0", "1.50", "-12345678901234567890.123456789", "'NaN'::numeric", "id * 0.01"])
  }

  private mutating func time() -> String {
    pick(
      [
        "2024-01-02 03:04:05+00", "2024-06-01 12:00:00.1234+05:30", "infinity", "-infinity",
        "0044-03-15 12:00 BC", "12024-01-01 00:00:00.000001+00",
      ].map { "'\($0)'::timestamptz" } + ["NULL"])
  }

  private mutating func document() -> String {
    pick(
      ["{\"a\": [1, null, \"x\\n\"]}", "[]", "null", "\"é\"", "1.50"].map { $0.literal + "::jsonb" }
        + ["NULL"])
  }

  private mutating func tags() -> String {
    pick(
      ["{}", "{a,\"b,c\",NULL,\"NULL\",\"\"}", "{☃}"].map { $0.literal + "::text[]" } + ["NULL"])
  }

  /// A third is long enough to be stored out of line.
  private mutating func big() -> String {
    pick([
      "NULL", "'short'",
      "(SELECT string_agg(md5(id || '-' || i), '') FROM generate_series(1, 80) i)",
    ])
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
