/// The tables that the workload changes.
enum Tables {
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
    CREATE PUBLICATION sqlite_mirror
      FOR TABLE keyed, whole, "other ""schema"."a pair", log, shaped;
    """
}
