-- What the recordings in pg18-strays hold: aborts of subtransactions that were never sent. Servers 18.0
-- to 18.6 send them where a transaction is larger than logical_decoding_work_mem and known to be rolled
-- back by the time it is decoded: its subtransactions are then taken for streamed ones, with streaming
-- or without.
\set ON_ERROR_STOP on
\set QUIET on
\o /dev/null
CREATE TABLE t (id int PRIMARY KEY, name text);
CREATE PUBLICATION fixture FOR TABLE t;
SELECT pg_create_logical_replication_slot('fixture', 'pgoutput');
INSERT INTO t VALUES (1, 'before');
BEGIN;
SAVEPOINT a;
INSERT INTO t VALUES (2, 'in a');
RELEASE a;
SAVEPOINT b;
INSERT INTO t VALUES (3, 'in b');
RELEASE b;
INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(100, 2000) AS n;
ROLLBACK;
INSERT INTO t VALUES (4, 'after');
