import PGWire

/// Rows inserted, changed and deleted, with savepoints, some of which are rolled back.
struct RowTransaction: RandomTransaction {
  /// One in five is so large that the server sends it while it is in progress.
  let isLarge: Bool

  static func random() -> RowTransaction { RowTransaction(isLarge: Int.random(in: 0..<5) == 0) }

  func run(_ connection: WireConnection) async throws {
    var depth = 0
    for _ in 0..<Int.random(in: 1...(isLarge ? 12 : 5)) {
      switch Int.random(in: 0..<10) {
      case 0, 1:
        depth += 1
        _ = try await connection.query("SAVEPOINT s\(depth)")
      case 2 where depth > 0:
        depth = Int.random(in: 1...depth)
        _ = try await connection.query("ROLLBACK TO s\(depth)")
      case 3 where depth > 0:
        _ = try await connection.query("RELEASE s\(depth)")
        depth -= 1
      case 4, 5:
        guard let table = try await AddedTable.any(connection) else { continue }
        _ = try await connection.query(table.statement(rows: randomRows()))
      default: _ = try await connection.query(statement())
      }
    }
  }

  private func randomRows() -> Int {
    isLarge ? Int.random(in: 100...1500) : Int.random(in: 1...20)
  }

  private func statement() -> String {
    let rows = randomRows()
    let some = "LIMIT \(rows)"
    switch Int.random(in: 0..<140) {
    case 0..<20:
      return """
        INSERT INTO keyed SELECT nextval('ids'), \(Self.text), \(Self.big), random() * 1000,
          random() < 0.5, CASE WHEN random() < 0.1 THEN 'NaN' ELSE random() * 1e10 END,
          decode(md5(i::text), 'hex'), clock_timestamp()
        FROM generate_series(1, \(rows)) i
        """
    case 20..<35:
      // The large value stays as it is, and isn't sent.
      return """
        UPDATE keyed SET name = md5(random()::text), flag = NULL
        WHERE id IN (SELECT id FROM keyed ORDER BY random() \(some))
        """
    case 35..<45:
      return """
        UPDATE keyed SET id = nextval('ids')
        WHERE id IN (SELECT id FROM keyed ORDER BY random() \(some))
        """
    case 45..<55:
      return "DELETE FROM keyed WHERE id IN (SELECT id FROM keyed ORDER BY random() \(some))"
    case 55..<65:
      return """
        INSERT INTO whole SELECT random() * 20, CASE WHEN random() < 0.5 THEN 'b' END,
          (random() * 3)::int / 3.0, \(Self.big)
        FROM generate_series(1, \(rows / 3 + 1)) i
        """
    case 65..<70: return "UPDATE whole SET b = \(Self.text) WHERE a = \(Int.random(in: 0...20))"
    case 70..<74: return "DELETE FROM whole WHERE a = \(Int.random(in: 0...20))"
    case 74..<82:
      return """
        INSERT INTO "other ""schema"."a pair"
        SELECT random() * 100, \(Self.text), jsonb_build_object('i', i, 'x', random())
        FROM generate_series(1, \(rows)) i ON CONFLICT DO NOTHING
        """
    case 82..<87:
      return """
        UPDATE "other ""schema"."a pair" SET a = a + 1000, "b b" = \(Self.text)
        WHERE a = \(Int.random(in: 0...100))
        """
    case 87..<90:
      return "DELETE FROM \"other \"\"schema\".\"a pair\" WHERE a % 7 = \(Int.random(in: 0...6))"
    case 90..<97:
      return "INSERT INTO log SELECT now(), \(Self.text) FROM generate_series(1, \(rows)) i"
    case 97: return "TRUNCATE keyed, whole RESTART IDENTITY"
    case 98: return "TRUNCATE \"other \"\"schema\".\"a pair\", log CASCADE"
    case 99: return "DELETE FROM keyed WHERE random() < 0.7"
    default: return stockStatement(rows)
    }
  }

  /// Rows of a table that is never truncated, all over its keys.
  private func stockStatement(_ rows: Int) -> String {
    let first = Int.random(in: 1...Tables.stock)
    let some = "id BETWEEN \(first) AND \(first + rows)"
    return switch Int.random(in: 0..<10) {
    case 0..<5: "UPDATE stock SET n = n + 1, at = clock_timestamp() WHERE \(some)"
    case 5: "UPDATE stock SET id = nextval('ids') + 1000000 WHERE \(some)"
    case 6, 7: "DELETE FROM stock WHERE \(some)"
    default:
      """
      INSERT INTO stock SELECT i, 'again', 0, now() FROM generate_series(\(first), \(first + rows)) i
      ON CONFLICT DO NOTHING
      """
    }
  }

  private static let text = "CASE WHEN random() < 0.9 THEN md5(random()::text) ELSE 'ü''\"' END"

  /// A third is long enough to be stored out of line.
  private static let big = """
    CASE WHEN random() < 0.3 THEN
      (SELECT string_agg(md5((random() + g + i)::text), '') FROM generate_series(1, 80) g)
    ELSE 'short' END
    """
}
