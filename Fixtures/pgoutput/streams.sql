-- What the recordings in pgVERSION-streams hold: transactions that are sent in blocks, prepared, or
-- both. Fixtures/record runs it with psql on a fresh server that has logical_decoding_work_mem at its
-- least. What only later servers have is guarded by their version.
\set ON_ERROR_STOP on
\set QUIET on
\encoding UTF8
\o /dev/null
SET client_min_messages = error;
SELECT current_setting('server_version_num')::int >= 150000 AS v15 \gset

CREATE TABLE t (id int PRIMARY KEY, name text, amount numeric, at timestamptz, tags text[]);
CREATE TABLE whole (id int, note text);
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE moods (id int PRIMARY KEY, m mood);
CREATE TABLE evolving (id int PRIMARY KEY, a text);
-- Its rows fill the server's memory, so that it sends what it has; they are not sent themselves.
CREATE TABLE filler (id int);
CREATE PUBLICATION fixture FOR TABLE t, whole, moods, evolving;
CREATE PROCEDURE fill() LANGUAGE sql AS $$ INSERT INTO filler SELECT generate_series(1, 600) $$;

SELECT pg_create_logical_replication_slot('fixture', 'pgoutput');
\if :v15
  SELECT pg_create_logical_replication_slot('fixture_two_phase', 'pgoutput', false, true);
\endif

-- ------------------------------------------------------------------ small ones, never in blocks

INSERT INTO t VALUES (1, 'whole', 1.50, '2024-01-02 03:04:05.678+00', '{a,NULL}');
UPDATE t SET name = NULL WHERE id = 1;

-- ------------------------------------------------------------------ every kind of change in blocks

BEGIN;
INSERT INTO t VALUES (2, 'in a block', -0.001, 'infinity', '{}'), (3, NULL, 'NaN', NULL, NULL);
INSERT INTO whole VALUES (1, 'one'), (2, NULL);
INSERT INTO moods VALUES (1, 'ok');
SELECT pg_logical_emit_message(true, 'in a block', 'text');
CALL fill();
UPDATE t SET id = 20 WHERE id = 2;
UPDATE whole SET note = 'uno' WHERE id = 1;
DELETE FROM whole WHERE id = 2;
DELETE FROM t WHERE id = 3;
SELECT pg_logical_emit_message(false, 'at once', 'outside of any block');
CALL fill();
TRUNCATE whole;
INSERT INTO t VALUES (4, 'after the truncate');
COMMIT;

-- ------------------------------------------------------------------ what is rolled back

BEGIN;
INSERT INTO t VALUES (100, 'kept');
SAVEPOINT a;
INSERT INTO t VALUES (101, 'rolled back with a');
SAVEPOINT b;
INSERT INTO t VALUES (102, 'rolled back with b, inside a');
CALL fill();
RELEASE b;
ROLLBACK TO a;
SAVEPOINT c;
INSERT INTO t VALUES (103, 'kept, of a subtransaction');
CALL fill();
RELEASE c;
SAVEPOINT d;
INSERT INTO t VALUES (104, 'rolled back before any block had it');
ROLLBACK TO d;
COMMIT;

BEGIN;
INSERT INTO t VALUES (110, 'never committed');
CALL fill();
INSERT INTO t VALUES (111, 'neither');
ROLLBACK;

-- ------------------------------------------------------------------ a table that changes meanwhile

BEGIN;
INSERT INTO evolving VALUES (1, 'before');
CALL fill();
ALTER TABLE evolving ADD COLUMN b int DEFAULT 7;
INSERT INTO evolving VALUES (2, 'added', 8);
CALL fill();
ALTER TABLE evolving RENAME COLUMN a TO renamed;
INSERT INTO evolving VALUES (3, 'renamed', 9);
CALL fill();
COMMIT;
INSERT INTO evolving VALUES (4, 'afterwards', 10);

-- ------------------------------------------------------------------ two of them at once

-- The second session waits for a lock of the first in the middle of its transaction.
SELECT pg_advisory_lock(1);
BEGIN;
INSERT INTO t VALUES (200, 'first');
CALL fill();
\! "$FIXTURE_PSQL" -X -q -c BEGIN -c "INSERT INTO t VALUES (210, 'second')" -c "CALL fill()" -c "SELECT pg_advisory_lock(1)" -c "INSERT INTO t VALUES (211, 'second again')" -c COMMIT "$FIXTURE_URL" >/dev/null &
DO $$ BEGIN
  WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;
INSERT INTO t VALUES (201, 'first again');
CALL fill();
SELECT pg_advisory_unlock(1);
DO $$ BEGIN
  WHILE NOT EXISTS (SELECT 1 FROM t WHERE id = 211) LOOP PERFORM pg_sleep(0.01); END LOOP;
END $$;
COMMIT;
INSERT INTO t VALUES (220, 'small, behind them');

-- ------------------------------------------------------------------ prepared ones

BEGIN;
INSERT INTO t VALUES (300, 'prepared');
SAVEPOINT a;
INSERT INTO t VALUES (301, 'rolled back before');
ROLLBACK TO a;
PREPARE TRANSACTION 'committed later';
INSERT INTO t VALUES (302, 'in between');
COMMIT PREPARED 'committed later';

BEGIN;
INSERT INTO t VALUES (310, 'prepared for nothing');
PREPARE TRANSACTION 'rolled back: é "quoted"';
ROLLBACK PREPARED 'rolled back: é "quoted"';

BEGIN;
INSERT INTO t VALUES (320, 'in blocks and prepared');
SAVEPOINT a;
INSERT INTO t VALUES (321, 'rolled back inside');
CALL fill();
ROLLBACK TO a;
INSERT INTO t VALUES (322, 'the last of it');
CALL fill();
PREPARE TRANSACTION 'streamed';
COMMIT PREPARED 'streamed';

-- ------------------------------------------------------------------ one from elsewhere

SELECT pg_replication_origin_create('peer');
SELECT pg_replication_origin_session_setup('peer');
BEGIN;
SELECT pg_replication_origin_xact_setup('A/1234ABCD', '2024-01-02 03:04:05+00');
INSERT INTO t VALUES (400, 'from elsewhere, in blocks');
CALL fill();
COMMIT;
SELECT pg_replication_origin_session_reset();
SELECT pg_replication_origin_drop('peer');
INSERT INTO t VALUES (401, 'the end');
