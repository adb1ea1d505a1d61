/// The tables that the workload changes; others are published later (``AddedTable``).
enum Tables {
  /// How many rows the table has that is read for a while at the start.
  static let stock = 40_000

  static let schema = """
    CREATE SEQUENCE ids;
    -- A key, a large value that is stored out of line, and types of every kind of SQLite's.
    CREATE TABLE keyed (
      id bigint PRIMARY KEY, name text, big text, amount numeric, flag bool, real8 float8,
      bytes bytea, at timestamptz);
    ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL;
    -- No key at all, and rows that are the same.
    CREATE TABLE whole (a int, b text, c float4, big text);
    ALTER TABLE whole REPLICA IDENTITY FULL;
    ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
    -- A key of two columns, in another schema and with a name that has to be quoted.
    CREATE SCHEMA "other ""schema";
    CREATE TABLE "other ""schema"."a pair" (a int, "b b" text, v jsonb, PRIMARY KEY (a, "b b"));
    -- Nothing that tells rows: they are only inserted.
    CREATE TABLE log (at timestamptz, what text);
    -- Altered all the time.
    CREATE TABLE shaped (id int PRIMARY KEY, c1 text, c2 text, c3 text, stays text);
    -- Many rows before anybody streams.
    CREATE TABLE stock (id int PRIMARY KEY, name text, n int, at timestamptz);
    INSERT INTO stock SELECT i, repeat(md5(i::text), 3), i, clock_timestamp()
      FROM generate_series(1, \(stock)) i;
    INSERT INTO keyed SELECT nextval('ids'), md5(i::text), repeat(md5(i::text), 30), i / 7.0, i % 2 = 0, i / 3.0,
      decode(md5(i::text), 'hex'), clock_timestamp() FROM generate_series(1, 2000) i;
    INSERT INTO whole SELECT i % 20, 'b', i % 3, 'short' FROM generate_series(1, 300) i;
    INSERT INTO "other ""schema"."a pair" SELECT i % 100, md5(i::text), '{}' FROM generate_series(1, 3000) i;
    INSERT INTO shaped SELECT nextval('ids'), 'one', 'two', 'three', 'stays' FROM generate_series(1, 500);
    CREATE PUBLICATION sqlite_mirror
      FOR TABLE keyed, whole, "other ""schema"."a pair", log, shaped, stock;
    """
}
