/// One random statement that changes rows.
struct RowStatement {
  /// About how many rows it is about.
  let rows: Int
  /// Whether it may lock a table against everybody else.
  let mayTruncate: Bool

  func sql(_ random: inout SoakRandom) -> String {
    switch random.number(0..<100) {
    case 0..<28: numbers(&random)
    case 28..<40: uuids(&random)
    case 40..<52: texts(&random)
    case 52..<62: pairs(&random)
    case 62..<74: whole(&random)
    case 74..<78: log
    case 78..<88: tree(&random)
    case 88..<95: generated(&random)
    case 95..<98: copy
    default: mayTruncate ? truncate(&random) : log
    }
  }

  private func numbers(_ random: inout SoakRandom) -> String {
    let some = "id IN (SELECT id FROM soak.numbers ORDER BY random() LIMIT \(rows))"
    return switch random.number(0..<10) {
    case 0..<4:
      """
      INSERT INTO soak.numbers SELECT nextval('soak.ids'), \(Self.text), \(Self.big),
        random() * 1000, random() < 0.5,
        CASE WHEN random() < 0.1 THEN 'NaN' ELSE random() * 1e10 END,
        decode(md5(i::text), 'hex'), clock_timestamp(), ARRAY['ä', NULL, 'c"\\' || i],
        (enum_range(NULL::soak.mood))[1 + i % 3], jsonb_build_object('i', i, 'y', NULL)
      FROM generate_series(1, \(rows)) i WHERE \(Self.hasRoom("numbers"))
      """
    // The large value stays as it is, and isn't sent.
    case 4, 5: "UPDATE soak.numbers SET name = md5(random()::text), flag = NULL WHERE \(some)"
    case 6: "UPDATE soak.numbers SET big = \(Self.bigText), mood = 'lost' WHERE \(some)"
    case 7: "UPDATE soak.numbers SET id = nextval('soak.ids') WHERE \(some)"
    default: "DELETE FROM soak.numbers WHERE \(some)"
    }
  }

  private func uuids(_ random: inout SoakRandom) -> String {
    let some = "id IN (SELECT id FROM soak.uuids ORDER BY random() LIMIT \(rows))"
    return switch random.number(0..<6) {
    case 0, 1:
      """
      INSERT INTO soak.uuids
      SELECT md5(nextval('soak.ids')::text)::uuid, i, \(Self.text), \(Self.big)
      FROM generate_series(1, \(rows)) i WHERE \(Self.hasRoom("uuids")) ON CONFLICT DO NOTHING
      """
    case 2: "UPDATE soak.uuids SET n = n + 1 WHERE \(some)"
    case 3: "UPDATE soak.uuids SET id = md5(nextval('soak.ids')::text)::uuid WHERE \(some)"
    default: "DELETE FROM soak.uuids WHERE \(some)"
    }
  }

  private func texts(_ random: inout SoakRandom) -> String {
    let some = "id IN (SELECT id FROM soak.texts ORDER BY random() LIMIT \(rows))"
    return switch random.number(0..<6) {
    case 0, 1:
      """
      INSERT INTO soak.texts
      SELECT \(Self.text) || nextval('soak.ids'), i, date '2000-01-01' + i,
        (random() * 1000)::int * interval '1 day 1 second'
      FROM generate_series(1, \(rows)) i WHERE \(Self.hasRoom("texts"))
      ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n
      """
    case 2: "UPDATE soak.texts SET n = NULL, day = 'infinity' WHERE \(some)"
    case 3: "UPDATE soak.texts SET id = 'moved ' || nextval('soak.ids') WHERE \(some)"
    default: "DELETE FROM soak.texts WHERE \(some)"
    }
  }

  private func pairs(_ random: inout SoakRandom) -> String {
    let table = #"soak."a ""pair""#
    return switch random.number(0..<4) {
    case 0, 1:
      """
      INSERT INTO \(table) SELECT random() * 100, \(Self.text), jsonb_build_object('x', random())
      FROM generate_series(1, \(rows)) i WHERE (SELECT count(*) FROM \(table)) < \(Self.full)
      ON CONFLICT DO NOTHING
      """
    case 2:
      """
      UPDATE \(table) SET a = a + 1000, "b b" = "b b" || nextval('soak.ids')
      WHERE a = \(random.number(0..<100))
      """
    default: "DELETE FROM \(table) WHERE a % 7 = \(random.number(0..<7))"
    }
  }

  private func whole(_ random: inout SoakRandom) -> String {
    switch random.number(0..<4) {
    case 0, 1:
      """
      INSERT INTO soak.whole SELECT random() * 20, CASE WHEN random() < 0.5 THEN 'b' END,
        (random() * 3)::int / 3.0, \(Self.big)
      FROM generate_series(1, \(rows / 3 + 1)) i WHERE \(Self.hasRoom("whole"))
      """
    case 2: "UPDATE soak.whole SET b = \(Self.text) WHERE a = \(random.number(0..<21))"
    default: "DELETE FROM soak.whole WHERE a = \(random.number(0..<21))"
    }
  }

  private func tree(_ random: inout SoakRandom) -> String {
    switch random.number(0..<5) {
    case 0, 1:
      """
      INSERT INTO soak.tree SELECT i % 5, nextval('soak.ids'), \(Self.text)
      FROM generate_series(1, \(rows)) i WHERE \(Self.hasRoom("tree"))
      """
    case 2: "UPDATE soak.tree SET v = \(Self.text) WHERE id % 11 = \(random.number(0..<11))"
    // Into another partition.
    case 3:
      "UPDATE soak.tree SET region = (region + 1) % 5 WHERE id % 17 = \(random.number(0..<17))"
    default: "DELETE FROM soak.tree WHERE id % 7 = \(random.number(0..<7))"
    }
  }

  private func generated(_ random: inout SoakRandom) -> String {
    switch random.number(0..<4) {
    case 0, 1:
      """
      INSERT INTO soak.generated (id, n) SELECT nextval('soak.ids'), i
      FROM generate_series(1, \(rows)) i WHERE \(Self.hasRoom("generated"))
      """
    case 2: "UPDATE soak.generated SET n = n + 1 WHERE id % 5 = \(random.number(0..<5))"
    default: "DELETE FROM soak.generated WHERE id % 3 = \(random.number(0..<3))"
    }
  }

  private func truncate(_ random: inout SoakRandom) -> String {
    switch random.number(0..<4) {
    case 0: "TRUNCATE soak.numbers, soak.whole RESTART IDENTITY"
    case 1: #"TRUNCATE soak."a ""pair", soak.log CASCADE"#
    case 2: "TRUNCATE soak.tree"
    default: "TRUNCATE soak.log"
    }
  }

  private var log: String {
    """
    INSERT INTO soak.log SELECT now(), \(Self.text) FROM generate_series(1, \(rows)) i
    WHERE \(Self.hasRoom("log"))
    """
  }

  /// The keys are far above those of other statements.
  private var copy: String {
    """
    DO $$ DECLARE first bigint := 1000000000000 + nextval('soak.ids') * 10000; BEGIN
      IF \(Self.hasRoom("numbers")) THEN
        EXECUTE format('COPY soak.numbers (id) FROM PROGRAM %L',
          format('seq -f %%.0f %s %s', first, first + \(rows)));
      END IF;
    END $$
    """
  }

  private static let full = SoakTables.fullTable

  private static func hasRoom(_ table: String) -> String {
    "(SELECT count(*) FROM soak.\(table)) < \(full)"
  }

  private static let text = "CASE WHEN random() < 0.9 THEN md5(random()::text) ELSE 'ü''\"' END"

  private static let bigText =
    "(SELECT string_agg(md5((random() + g)::text), '') FROM generate_series(1, 80) g)"

  /// A fifth is long enough to be stored out of line.
  private static let big = """
    CASE WHEN random() < 0.2 THEN
      (SELECT string_agg(md5((random() + g + i)::text), '') FROM generate_series(1, 80) g)
    ELSE 'short' END
    """
}
