-- The stream that everything is measured with; variables: transactions.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS pgcdc_bench CASCADE;
DROP PUBLICATION IF EXISTS p, latency;
CREATE SCHEMA pgcdc_bench;
CREATE TABLE pgcdc_bench.items (
  id bigserial PRIMARY KEY, k int, name text, payload text, amount numeric(12, 2),
  created_at timestamptz, ok boolean, ref uuid
) WITH (autovacuum_enabled = false);
CREATE PUBLICATION p FOR TABLE pgcdc_bench.items;
SELECT pg_create_logical_replication_slot('pgcdc_bench', 'pgoutput') \g /dev/null

CREATE PROCEDURE pgcdc_bench.load(transactions int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. transactions LOOP
    INSERT INTO pgcdc_bench.items (k, name, payload, amount, created_at, ok, ref)
    SELECT n, 'item ' || n, repeat(md5(n::text), 3), n * 1.37,
      timestamptz '2026-01-01' + n * interval '1 s', n % 3 = 0, md5(n::text)::uuid
    FROM generate_series(i * 100 - 99, i * 100) n;
    COMMIT;
  END LOOP;
END $$;
CALL pgcdc_bench.load(:transactions);

-- Where latency is measured.
CREATE TABLE latency (n int) WITH (autovacuum_enabled = false);
CREATE PUBLICATION latency FOR TABLE latency;
