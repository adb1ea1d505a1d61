-- The table that incremental snapshots are measured with; variables: rows.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS pgcdc_bench CASCADE;
DROP PUBLICATION IF EXISTS p;
CREATE SCHEMA pgcdc_bench;
CREATE TABLE pgcdc_bench.items (
  id bigint PRIMARY KEY, k int, name text, payload text, amount numeric(12, 2),
  created_at timestamptz, ok boolean, ref uuid
);
INSERT INTO pgcdc_bench.items
  SELECT n, n, 'item ' || n, repeat(md5(n::text), 3), n * 1.37,
    timestamptz '2026-01-01' + n * interval '1 s', n % 3 = 0, md5(n::text)::uuid
  FROM generate_series(1, :rows) n;
-- Where Debezium is told what to read, and writes its watermarks.
CREATE TABLE pgcdc_bench.signals (id varchar(64) PRIMARY KEY, type varchar(32), data varchar(2048));
CREATE PUBLICATION p FOR TABLE pgcdc_bench.items, pgcdc_bench.signals;
VACUUM ANALYZE pgcdc_bench.items;
CHECKPOINT;
