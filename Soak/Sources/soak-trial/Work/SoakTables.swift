/// The tables that the workload changes: all in the schema `soak`.
enum SoakTables {
  /// What every consumer reads.
  static let publication = "soak"
  /// A second one that all but the mirror read: tables come and go in it.
  static let otherPublication = "soak_more"
  /// Tables with rows that are published later: `late_0` and so on.
  static let lateTables = 6
  /// About how many rows a table has at most, so that the memory of consumers is bounded.
  static let fullTable = 2000

  /// The table that gets and loses columns, and is made again now and then.
  static let shaped =
    "CREATE TABLE soak.shaped (id bigint PRIMARY KEY, c1 text, c2 text, c3 text, stays text)"

  static let schema = #"""
    CREATE SCHEMA soak;
    CREATE SEQUENCE soak.ids;
    CREATE TYPE soak.mood AS ENUM ('calm', 'busy', 'lost');
    -- Types of every kind, and a large value that is stored out of line.
    CREATE TABLE soak.numbers (
      id bigint PRIMARY KEY, name text, big text, amount numeric, flag bool, real8 float8,
      bytes bytea, at timestamptz, tags text[], mood soak.mood, doc jsonb);
    ALTER TABLE soak.numbers ALTER big SET STORAGE EXTERNAL;
    CREATE TABLE soak.uuids (id uuid PRIMARY KEY, n int, note varchar(80), big text);
    ALTER TABLE soak.uuids ALTER big SET STORAGE EXTERNAL;
    CREATE TABLE soak.texts (id text PRIMARY KEY, n int, day date, took interval);
    -- A key of two columns, and names that have to be quoted.
    CREATE TABLE soak."a ""pair" (a int, "b b" text, v jsonb, PRIMARY KEY (a, "b b"));
    -- No key at all, and rows that are the same.
    CREATE TABLE soak.whole (a int, b text, c float4, big text);
    ALTER TABLE soak.whole REPLICA IDENTITY FULL;
    ALTER TABLE soak.whole ALTER big SET STORAGE EXTERNAL;
    -- Nothing that identifies rows: they are only inserted.
    CREATE TABLE soak.log (at timestamptz, what text);
    -- Partitions, between which rows move.
    CREATE TABLE soak.tree (region int, id bigint, v text, PRIMARY KEY (region, id))
      PARTITION BY LIST (region);
    CREATE TABLE soak.tree_0 PARTITION OF soak.tree FOR VALUES IN (0);
    CREATE TABLE soak.tree_1 PARTITION OF soak.tree FOR VALUES IN (1, 2);
    CREATE TABLE soak.tree_other PARTITION OF soak.tree DEFAULT;
    -- Altered all the time: columns come and go in one, types change in the other.
    \#(shaped);
    CREATE TABLE soak.typed (id bigint PRIMARY KEY, v int, w varchar(40));
    CREATE TABLE soak.generated (
      id bigint PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
    -- Says that everything before it has come.
    CREATE TABLE soak.marker (id text PRIMARY KEY, at timestamptz DEFAULT now());
    """#

  static let rows = #"""
    INSERT INTO soak.numbers SELECT nextval('soak.ids'), md5(i::text), repeat(md5(i::text), 80),
      i / 7.0, i % 2 = 0, i / 3.0, decode(md5(i::text), 'hex'), clock_timestamp(), ARRAY['a', 'b'],
      'calm', jsonb_build_object('i', i) FROM generate_series(1, 1000) i;
    INSERT INTO soak.uuids SELECT md5(i::text)::uuid, i, 'note', repeat(md5(i::text), 80)
      FROM generate_series(1, 1000) i;
    INSERT INTO soak.texts
      SELECT md5(i::text) || 'ü', i, date '2020-01-01' + i, i * interval '1 min'
      FROM generate_series(1, 1000) i;
    INSERT INTO soak."a ""pair" SELECT i % 100, md5(i::text), '{}' FROM generate_series(1, 1000) i;
    INSERT INTO soak.whole SELECT i % 20, 'b', i % 3, 'short' FROM generate_series(1, 300) i;
    INSERT INTO soak.tree SELECT i % 5, nextval('soak.ids'), 'v' FROM generate_series(1, 1000) i;
    INSERT INTO soak.shaped SELECT nextval('soak.ids'), 'one', 'two', 'three', 'stays'
      FROM generate_series(1, 300) i;
    INSERT INTO soak.typed SELECT nextval('soak.ids'), i, i FROM generate_series(1, 300) i;
    INSERT INTO soak.generated SELECT nextval('soak.ids'), i FROM generate_series(1, 300) i;
    """#

  /// To be made before the slots, which come before the rows: consumers that take no snapshot get
  /// every row from the stream.
  static let publications =
    lateRows + "\n" + #"""
      CREATE PUBLICATION soak FOR TABLE soak.numbers, soak.uuids, soak.texts, soak."a ""pair",
        soak.whole, soak.log, soak.tree, soak.shaped, soak.typed, soak.marker
        WITH (publish_via_partition_root = true);
      CREATE PUBLICATION soak_more FOR TABLE soak.generated;
      CREATE PUBLICATION soak_late;
      """#

  private static let lateRows = (0..<lateTables).map { number in
    """
    CREATE TABLE soak.late_\(number) (
      id \(number % 2 == 0 ? "bigint" : "uuid") PRIMARY KEY, v text, n int);
    INSERT INTO soak.late_\(number)
      SELECT \(number % 2 == 0 ? "i" : "md5(i::text)::uuid"), md5(i::text), 0
      FROM generate_series(1, 1000) i;
    """
  }.joined(separator: "\n")
}
