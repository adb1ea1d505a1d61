/// The tables that the workload changes.
enum TrialTables {
  static let publication = "sink_trial"
  static let slot = "sink_trial"

  /// How many rows the table has that is read for a while at the start.
  static let stock = 40_000

  /// Types and tables; each column says by its type how it is compared.
  static let schema = #"""
    CREATE TYPE trial_mood AS ENUM ('calm', 'busy', 'lost ''n'' found');
    CREATE SEQUENCE trial_ids START 1000000;
    CREATE SEQUENCE trial_writers;
    -- A key, a large value that is stored out of line, and types of every kind.
    CREATE TABLE keyed (
      id bigint PRIMARY KEY, name text, big text, amount numeric, flag boolean, ratio float8,
      bytes bytea, at timestamptz, doc jsonb, tags text[], mood trial_mood, writer int, seq bigint);
    ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL;
    -- No key at all, and rows that are the same.
    CREATE TABLE whole (a int, b text, ratio float4, big text, writer int, seq bigint);
    ALTER TABLE whole REPLICA IDENTITY FULL;
    ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
    -- A key of two columns, in another schema and with names that have to be quoted.
    CREATE SCHEMA "odd schema";
    CREATE TABLE "odd schema"."a pair" (
      a int, "b b" text COLLATE "C", v uuid, writer int, seq bigint, PRIMARY KEY (a, "b b"));
    -- Its key changes.
    CREATE TABLE moving (id bigint PRIMARY KEY, words text, writer int, seq bigint);
    -- Many rows before anybody streams.
    CREATE TABLE stock (id int PRIMARY KEY, name text, n int, writer int, seq bigint);
    -- What each transaction has done, and what says that everything has come.
    CREATE TABLE ledger (writer int, tx bigint, changes text, PRIMARY KEY (writer, tx));
    CREATE TABLE marker (id text PRIMARY KEY, at timestamptz DEFAULT now());
    """#

  static let rows = #"""
    INSERT INTO stock SELECT i, repeat(md5(i::text), 3), i FROM generate_series(1, \#(stock)) i;
    INSERT INTO keyed SELECT nextval('trial_ids'), md5(i::text), repeat(md5(i::text), 100), i / 7.0,
      i % 2 = 0, i / 3.0, decode(md5(i::text), 'hex'), clock_timestamp(),
      jsonb_build_object('i', i), ARRAY['a', 'b"' || i], 'calm' FROM generate_series(1, 2000) i;
    INSERT INTO whole SELECT i % 20, 'b', i % 3, 'short' FROM generate_series(1, 300) i;
    INSERT INTO "odd schema"."a pair"
      SELECT i % 100, md5(i::text), md5(i::text)::uuid FROM generate_series(1, 3000) i;
    INSERT INTO moving SELECT nextval('trial_ids'), 'at rest' FROM generate_series(1, 1000) i;
    """#

  static let published = #"""
    CREATE PUBLICATION sink_trial
      FOR TABLE keyed, whole, "odd schema"."a pair", moving, stock, ledger, marker;
    """#
}
