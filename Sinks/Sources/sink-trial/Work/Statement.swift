/// A statement that changes rows of one table.
struct Statement {
  enum Kind {
    /// It returns the numbers of the rows.
    case insert, update
    /// It returns something for each row.
    case delete
    case truncate
  }

  let kind: Kind
  /// The tables, with their schemas: one, unless it is a truncate.
  let tables: [String]
  let sql: String

  /// How many rows it is about, at most: that many numbers are used.
  let rows: Int
}

extension Statement {
  /// A random one.
  ///
  /// - Parameters:
  ///   - rows: How many rows it is about.
  ///   - writer: Who changes them.
  ///   - base: The number before those that are free.
  static func random(rows: Int, writer: Int, after base: Int64) -> Statement {
    let mark = "\(writer), \(base) + i"
    let set = "writer = \(writer), seq = \(base) + s.n"
    switch Int.random(in: 0..<200) {
    case 0..<45: return insertKeyed(rows, mark)
    case 45..<75: return updateKeyed(rows, set)
    case 75..<90: return deleteKeyed(rows)
    case 90..<105: return insertWhole(rows, mark)
    case 105..<115: return updateWhole(rows, set)
    case 115..<122: return deleteWhole(rows)
    case 122..<140: return changePairs(rows, mark, set)
    case 140..<165: return changeMoving(rows, mark, set)
    case 165..<198: return changeStock(rows, mark, set)
    case 198:
      return Statement(
        kind: .truncate, tables: ["public.moving"], sql: "TRUNCATE moving RESTART IDENTITY", rows: 0
      )
    default:
      return Statement(
        kind: .truncate, tables: ["public.whole", "odd schema.a pair"],
        sql: #"TRUNCATE whole, "odd schema"."a pair" CASCADE"#, rows: 0)
    }
  }

  private static func insertKeyed(_ rows: Int, _ mark: String) -> Statement {
    Statement(
      kind: .insert, tables: ["public.keyed"],
      sql: """
        INSERT INTO keyed SELECT nextval('trial_ids'), \(text), \(big), random() * 1000,
          random() < 0.5, CASE WHEN random() < 0.1 THEN 'NaN' ELSE random() * 1e10 END,
          decode(md5(i::text), 'hex'), clock_timestamp(),
          jsonb_build_object('i', i, 'x', round(random()::numeric, 6), 'y', NULL),
          ARRAY['ä', NULL, 'c"\\' || i], (enum_range(NULL::trial_mood))[1 + i % 3], \(mark)
        FROM generate_series(1, \(rows)) i RETURNING seq
        """, rows: rows)
  }

  /// The large value stays as it is, and isn't sent.
  private static func updateKeyed(_ rows: Int, _ set: String) -> Statement {
    Statement(
      kind: .update, tables: ["public.keyed"],
      sql: """
        UPDATE keyed t SET name = md5(random()::text), flag = NULL, \(set)
        FROM \(numbered("id", some("keyed", rows))) s WHERE t.id = s.id RETURNING t.seq
        """, rows: rows)
  }

  private static func deleteKeyed(_ rows: Int) -> Statement {
    Statement(
      kind: .delete, tables: ["public.keyed"],
      sql: "DELETE FROM keyed WHERE id IN (\(some("keyed", rows))) RETURNING 1", rows: 0)
  }

  private static func insertWhole(_ rows: Int, _ mark: String) -> Statement {
    Statement(
      kind: .insert, tables: ["public.whole"],
      sql: """
        INSERT INTO whole SELECT random() * 20, CASE WHEN random() < 0.5 THEN 'b' END,
          (random() * 3)::int / 3.0, \(big), \(mark)
        FROM generate_series(1, \(rows / 3 + 1)) i RETURNING seq
        """, rows: rows / 3 + 1)
  }

  /// Also of rows that are the same; each gets a number.
  private static func updateWhole(_ rows: Int, _ set: String) -> Statement {
    let some = "SELECT ctid AS id FROM whole WHERE a = \(Int.random(in: 0...20)) LIMIT \(rows)"
    return Statement(
      kind: .update, tables: ["public.whole"],
      sql: """
        UPDATE whole t SET b = \(text), \(set) FROM \(numbered("id", some)) s
        WHERE t.ctid = s.id RETURNING t.seq
        """, rows: rows)
  }

  private static func deleteWhole(_ rows: Int) -> Statement {
    Statement(
      kind: .delete, tables: ["public.whole"],
      sql: """
        DELETE FROM whole WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM whole WHERE a = \(Int.random(in: 0...20)) LIMIT \(rows))) RETURNING 1
        """, rows: 0)
  }

  private static func changePairs(_ rows: Int, _ mark: String, _ set: String) -> Statement {
    let (table, name) = (#""odd schema"."a pair""#, "odd schema.a pair")
    switch Int.random(in: 0..<3) {
    case 0:
      let some = #"SELECT a, "b b" FROM \#(table) WHERE a = \#(Int.random(in: 0...100))"#
      return Statement(
        kind: .update, tables: [name],
        sql: """
          UPDATE \(table) t SET a = t.a + 1000, v = md5(random()::text)::uuid, \(set)
          FROM \(numbered(#"a, "b b""#, some + " LIMIT \(rows)")) s
          WHERE t.a = s.a AND t."b b" = s."b b" RETURNING t.seq
          """, rows: rows)
    case 1:
      return Statement(
        kind: .delete, tables: [name],
        sql: "DELETE FROM \(table) WHERE a % 7 = \(Int.random(in: 0...6)) RETURNING 1", rows: 0)
    default:
      return Statement(
        kind: .insert, tables: [name],
        sql: """
          INSERT INTO \(table) SELECT random() * 100, \(text), md5(i::text)::uuid, \(mark)
          FROM generate_series(1, \(rows)) i ON CONFLICT DO NOTHING RETURNING seq
          """, rows: rows)
    }
  }

  private static func changeMoving(_ rows: Int, _ mark: String, _ set: String) -> Statement {
    switch Int.random(in: 0..<4) {
    case 0, 1:
      return Statement(
        kind: .update, tables: ["public.moving"],
        sql: """
          UPDATE moving t SET id = nextval('trial_ids'), \(set)
          FROM \(numbered("id", some("moving", rows))) s WHERE t.id = s.id RETURNING t.seq
          """, rows: rows)
    case 2:
      return Statement(
        kind: .delete, tables: ["public.moving"],
        sql: "DELETE FROM moving WHERE id IN (\(some("moving", rows / 2 + 1))) RETURNING 1", rows: 0
      )
    default:
      return Statement(
        kind: .insert, tables: ["public.moving"],
        sql: """
          INSERT INTO moving SELECT nextval('trial_ids'), \(text), \(mark)
          FROM generate_series(1, \(rows)) i RETURNING seq
          """, rows: rows)
    }
  }

  /// Rows of a table that is never truncated, all over its keys.
  private static func changeStock(_ rows: Int, _ mark: String, _ set: String) -> Statement {
    let first = Int.random(in: 1...TrialTables.stock)
    let range = "id BETWEEN \(first) AND \(first + rows - 1)"
    switch Int.random(in: 0..<10) {
    case 0..<6:
      return Statement(
        kind: .update, tables: ["public.stock"],
        sql: """
          UPDATE stock t SET n = n + 1, \(set)
          FROM \(numbered("id", "SELECT id FROM stock WHERE \(range) ORDER BY id")) s
          WHERE t.id = s.id RETURNING t.seq
          """, rows: rows)
    case 6, 7:
      return Statement(
        kind: .delete, tables: ["public.stock"],
        sql: "DELETE FROM stock WHERE \(range) RETURNING 1", rows: 0)
    default:
      return Statement(
        kind: .insert, tables: ["public.stock"],
        sql: """
          INSERT INTO stock SELECT \(first) + i, 'again', 0, \(mark)
          FROM generate_series(1, \(rows)) i ON CONFLICT DO NOTHING RETURNING seq
          """, rows: rows)
    }
  }

  /// The keys of some rows that lie together.
  private static func some(_ table: String, _ rows: Int) -> String {
    """
    SELECT id FROM \(table) WHERE id >= (
      SELECT min(id) + ((max(id) - min(id)) * \(Double.random(in: 0..<1)))::bigint FROM \(table))
    ORDER BY id LIMIT \(rows)
    """
  }

  /// Rows with numbers from 1 on.
  private static func numbered(_ columns: String, _ query: String) -> String {
    "(SELECT \(columns), row_number() OVER () AS n FROM (\(query)) q)"
  }

  private static let text = "CASE WHEN random() < 0.9 THEN md5(random()::text) ELSE 'ü''\"' END"

  /// A tenth is long enough to be stored out of line.
  private static let big = """
    CASE WHEN random() < 0.1 THEN
      (SELECT string_agg(md5((random() + g + i)::text), '') FROM generate_series(1, 80) g)
    ELSE 'short' END
    """
}
