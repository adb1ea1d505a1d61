-- What the recordings beside this file hold. Fixtures/record runs it with psql on a fresh server.
-- Tables and the slot come first, so that a recording is the changes alone. What only later servers
-- have is guarded by their version.
\set ON_ERROR_STOP on
\set QUIET on
\encoding UTF8
\o /dev/null
SET client_min_messages = error;
SELECT current_setting('server_version_num')::int >= 140000 AS v14,
  current_setting('server_version_num')::int >= 150000 AS v15,
  current_setting('server_version_num')::int >= 180000 AS v18 \gset

-- Text that does not compress, for columns that are stored out of line.
CREATE FUNCTION noise(seed int) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT string_agg(md5(seed || '-' || i), '') FROM generate_series(1, 70) AS i $$;

-- ------------------------------------------------------------------ tables

CREATE TABLE scalars (
  id int PRIMARY KEY, b boolean, i2 smallint, i4 int, i8 bigint, o oid, f4 real,
  f8 double precision, n numeric, n4 numeric(12, 4), t text, vc varchar(10), ch char(5), c "char",
  nm name, by bytea, u uuid, d date, tm time, tmz timetz, ts timestamp, tsz timestamptz,
  iv interval, ip inet, ci cidr, mac macaddr, j json, jb jsonb, bi bit(3), vb varbit, pt point,
  tv tsvector, ln pg_lsn);
CREATE TABLE arrays (
  id int PRIMARY KEY, ints int[], grid int[], words text[], flags boolean[], nums numeric[],
  floats float8[], stamps timestamptz[], days date[], docs jsonb[], bytes bytea[], boxes box[],
  nets cidr[]);
CREATE TABLE ranges (
  id int PRIMARY KEY, i4 int4range, i8 int8range, num numrange, ts tsrange, tsz tstzrange,
  d daterange, many int4range[]);
\if :v14
  CREATE TABLE multiranges (id int PRIMARY KEY, i4 int4multirange, tsz tstzmultirange);
\endif

CREATE SCHEMA kinds;
CREATE TYPE kinds.mood AS ENUM ('sad', 'so-so, "really"', 'ok');
CREATE DOMAIN kinds.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN kinds.moment AS timestamptz;
CREATE DOMAIN kinds.later AS kinds.moment;
CREATE TYPE kinds.pair AS (n int, word text);
CREATE TYPE kinds.span AS RANGE (SUBTYPE = float8);
CREATE TABLE kinds.own (
  id int PRIMARY KEY, m kinds.mood, ms kinds.mood[], p kinds.positive, ps kinds.positive[],
  l kinds.later, c kinds.pair, cs kinds.pair[], s kinds.span);

CREATE SCHEMA "Größe ""x""";
CREATE TABLE "Größe ""x"""."a.b ""c"" \d
e ☃" (
  "ключ" int PRIMARY KEY, "quo""ted" text, "back\slash" text, "new
line" text, "tab	" text, "🐘" text, "select" text, "a.b" text);

-- One table for each replica identity; `big` is stored out of line.
CREATE TABLE by_default (id int PRIMARY KEY, title text, big text);
CREATE TABLE by_long_key (k text PRIMARY KEY, n int);
CREATE TABLE by_index (a int NOT NULL, b text NOT NULL, note text, UNIQUE (b, a));
CREATE TABLE by_full (id int, title text, big text);
CREATE TABLE by_nothing (id int PRIMARY KEY, title text);
CREATE TABLE without_key (id int, title text);
ALTER TABLE by_default ALTER big SET STORAGE EXTERNAL;
ALTER TABLE by_long_key ALTER k SET STORAGE EXTERNAL;
ALTER TABLE by_full ALTER big SET STORAGE EXTERNAL;
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_b_a_key;
ALTER TABLE by_full REPLICA IDENTITY FULL;
ALTER TABLE by_nothing REPLICA IDENTITY NOTHING;

CREATE TABLE parents (id serial PRIMARY KEY, name text);
CREATE TABLE children (id serial PRIMARY KEY, parent int REFERENCES parents);
CREATE TABLE counted (id serial PRIMARY KEY);
CREATE TABLE evolving (id int PRIMARY KEY, a text, gone int);
CREATE TABLE unpublished (id int PRIMARY KEY);
CREATE TABLE computed (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);

CREATE TABLE measures (id int, year int, v text, PRIMARY KEY (id, year)) PARTITION BY LIST (year);
CREATE TABLE measures_2024 PARTITION OF measures FOR VALUES IN (2024);
CREATE TABLE measures_2025 (v text, year int NOT NULL, id int NOT NULL);
ALTER TABLE measures ATTACH PARTITION measures_2025 FOR VALUES IN (2025);

CREATE PUBLICATION fixture FOR TABLE scalars, arrays, ranges, kinds.own, "Größe ""x"""."a.b ""c"" \d
e ☃", by_default, by_long_key, by_index, by_full, by_nothing, without_key, parents, children,
  counted, evolving, computed, measures WITH (publish_via_partition_root = true);
\if :v14
  ALTER PUBLICATION fixture ADD TABLE multiranges;
\endif
\if :v15
  CREATE TABLE filtered (id int PRIMARY KEY, n int);
  ALTER TABLE filtered REPLICA IDENTITY FULL;
  CREATE TABLE listed (id int PRIMARY KEY, seen text, hidden text);
  ALTER PUBLICATION fixture ADD TABLE filtered WHERE (n > 10), listed (id, seen);
\endif
\if :v18
  ALTER PUBLICATION fixture SET (publish_generated_columns = stored);
\endif

SELECT pg_create_logical_replication_slot('fixture', 'pgoutput');

-- ------------------------------------------------------------------ values

BEGIN;
INSERT INTO scalars (id) VALUES (1);
INSERT INTO scalars VALUES (2, true, 1, 2, 3, 4, 1.5, 2.25, 12345.678, 1.5, 'text', 'varchar',
  'ab', 'x', 'name', '\x00ff5c27', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-02-29',
  '13:14:15.000001', '13:14:15+02:30', '2024-01-02 03:04:05', '2024-01-02 03:04:05.120+05:30',
  '1 year 2 mons 3 days 04:05:06.7', '192.168.1.5/24', '10.0.0.0/8', '08:00:2b:01:02:03',
  '{"a":  [1,	2],
    "é": "\u00e9\n"}', '{"b": {"c": [1, null, true, "é\""]}, "a": 1.50}', '101', '10110',
  '(1.5,-2)', 'a:1 fat:2,4', '16/B374D848');
INSERT INTO scalars (id, b, i2, i4, i8, o, f4, f8, n, n4, d, tm, tmz, ts, tsz, iv, ip, jb)
VALUES
  (3, false, -32768, -2147483648, -9223372036854775808, 4294967295, '-Infinity', 'NaN', 'NaN',
    -12345678.1234, '-infinity', '24:00:00', '00:00:00-15:59:59', 'infinity', '-infinity',
    '-1 mons +1 day -00:00:01', '::1', 'null'),
  (4, NULL, 32767, 2147483647, 9223372036854775807, 0, '1e-45', '1.7976931348623157e308',
    '0.000000000000000000000000000001', 0, '4713-11-24 BC', '00:00:00', '23:59:59.999999+15:59:59',
    '4713-11-24 00:00:00 BC', '0044-03-15 12:00:00.5+00 BC', '178000000 years', '2001:db8::/32',
    '[]'),
  (5, NULL, 0, 0, 0, NULL, '-0', '-0', '0.00', NULL, '5874897-12-31', NULL, NULL,
    '294276-12-31 23:59:59.999999', '12024-01-01 00:00:00+00', '0', '1.2.3.4', '{}'),
  (6, NULL, NULL, NULL, NULL, NULL, 3.4028235e38, 5e-324,
    '12345678901234567890123456789012345678901234567890.0987654321', NULL, '0001-01-01 BC', NULL,
    NULL, '0001-12-31 23:59:59 BC', '1883-11-18 12:03:58-04:56:02', '-00:00:00.000001', NULL,
    '"text"');
INSERT INTO scalars (id, t) VALUES
  (7, ''), (8, E'line\nfeed\r\ntab\t"quotes" \\ ''single'' / \x01\x1f\x7f'),
  (9, E'Ω 漢字 🐘 e\u0301 \u2028 \u00ad'), (10, 'NULL'), (11, '{"not": "json"}');
INSERT INTO scalars (id, ch, vc, nm, by) VALUES (12, 'é', ' é ', 'Ñ', '');
COMMIT;
\if :v14
  INSERT INTO scalars (id, n) VALUES (13, 'Infinity'), (14, '-Infinity');
\endif

BEGIN;
INSERT INTO arrays (id) VALUES (1);
INSERT INTO arrays VALUES (2, '{1,NULL,-3}', '{{1,2},{3,4}}',
  ARRAY['plain', 'b,c', NULL, 'NULL', '', 'q"q', E'b\\b', '{x}', ' ', E'n\nl', '☃'],
  '{t,f,NULL}', '{0.10,NaN,-5}', '{1.5,NaN,-Infinity,1e-07}',
  '{2024-01-02 03:04:05+00,infinity,0044-03-15 BC,NULL}', '{2024-02-29,-infinity}',
  ARRAY['{"a": "b,c"}', 'null', NULL, '[1, "q\""]']::jsonb[], '{"\\x00ff",""}',
  '{(1,1),(0,0);(3,3),(2,2)}', '{10.0.0.0/8}');
INSERT INTO arrays (id, ints, grid, words) VALUES
  (3, '{}', '[0:1][5:5]={{1},{2}}', '{}'), (4, '{NULL}', '{{{1}},{{NULL}}}', '{{a,b},{c,d}}');
INSERT INTO ranges VALUES
  (1, '[1,5)', 'empty', '(,5]', '[2000-01-01 00:00,)', '[2024-06-01 12:00+02,2024-06-02 00:00+00]',
    '[2024-02-28,2024-03-01]', '{"[1,2)",NULL,empty}'),
  (2, NULL, '(,)', '[0.5,1.50)', 'empty', '(-infinity,infinity)', '(,)', '{}');
\if :v14
  INSERT INTO multiranges VALUES (1, '{[1,3),[5,7)}', '{[2024-01-01 00:00+00,2024-01-02 00:00+00)}'),
    (2, '{}', NULL);
\endif
COMMIT;

BEGIN;
INSERT INTO kinds.own VALUES (1, 'ok', '{sad,"so-so, \"really\"",NULL}', 5, '{1,NULL,3}',
  '2024-01-02 03:04:05+00', '(1,"q ""q"" , \\")', ARRAY['(,)', NULL, '(2,"a b")']::kinds.pair[],
  '[1.5,2.5)');
INSERT INTO kinds.own (id) VALUES (2);
UPDATE kinds.own SET m = 'so-so, "really"', p = 7 WHERE id = 1;
ALTER TYPE kinds.mood ADD VALUE 'new' AFTER 'ok';
COMMIT;
INSERT INTO kinds.own (id, m) VALUES (3, 'new');

INSERT INTO "Größe ""x"""."a.b ""c"" \d
e ☃" VALUES (1, '"', '\', E'\n', E'\t', '🐘', 'select', 'a.b'), (2, NULL, '', '''', '/', '\\', '""', '{}');
UPDATE "Größe ""x"""."a.b ""c"" \d
e ☃" SET "🐘" = 'é' WHERE "ключ" = 2;
DELETE FROM "Größe ""x"""."a.b ""c"" \d
e ☃" WHERE "ключ" = 1;

-- ------------------------------------------------------------------ replica identities

BEGIN;
INSERT INTO by_default VALUES (1, 'one', noise(1)), (2, 'two', NULL), (3, 'three', 'short');
UPDATE by_default SET title = 'uno' WHERE id = 1;              -- big is unchanged and not sent
UPDATE by_default SET title = NULL, big = 'now short' WHERE id = 3;
COMMIT;
UPDATE by_default SET id = 10 WHERE id = 1;                    -- the old key, and big not sent
UPDATE by_default SET id = id + 100, title = 'moved' WHERE id IN (2, 3);
UPDATE by_default SET big = noise(2) WHERE id = 10;
UPDATE by_default SET big = NULL WHERE id = 10;
DELETE FROM by_default WHERE id = 102;

BEGIN;
INSERT INTO by_long_key VALUES (noise(3), 1);
UPDATE by_long_key SET n = 2;                                  -- the key itself is out of line
COMMIT;
DELETE FROM by_long_key;

BEGIN;
INSERT INTO by_index VALUES (1, 'x', 'note'), (2, 'y', NULL);
UPDATE by_index SET note = 'changed' WHERE a = 1;
UPDATE by_index SET b = 'z' WHERE a = 1;
DELETE FROM by_index WHERE a = 2;
COMMIT;

BEGIN;
INSERT INTO by_full VALUES (1, 'one', noise(4)), (1, NULL, NULL), (2, 'two', 'short');
UPDATE by_full SET title = 'uno' WHERE id = 1 AND title = 'one';  -- big comes with the old row
UPDATE by_full SET title = 'nothing' WHERE title IS NULL;
DELETE FROM by_full WHERE id = 2;
DELETE FROM by_full WHERE big IS NOT NULL;
COMMIT;

BEGIN;
INSERT INTO by_nothing VALUES (1, 'one');
INSERT INTO without_key VALUES (1, 'one'), (NULL, NULL);
COMMIT;

-- ------------------------------------------------------------------ truncate

BEGIN;
INSERT INTO parents (name) VALUES ('a'), ('b');
INSERT INTO children (parent) VALUES (1), (2);
INSERT INTO counted DEFAULT VALUES;
COMMIT;
TRUNCATE parents CASCADE;
TRUNCATE counted RESTART IDENTITY;
BEGIN;
INSERT INTO counted DEFAULT VALUES;
INSERT INTO parents (name) VALUES ('c');
TRUNCATE counted, children;
TRUNCATE parents RESTART IDENTITY CASCADE;
INSERT INTO parents (name) VALUES ('d');
COMMIT;

-- ------------------------------------------------------------------ a table that changes its shape

INSERT INTO evolving VALUES (1, 'before', 1);
BEGIN;
UPDATE evolving SET a = 'in the transaction' WHERE id = 1;
ALTER TABLE evolving RENAME COLUMN a TO "re""named";
INSERT INTO evolving VALUES (2, 'renamed', 2);
ALTER TABLE evolving ADD COLUMN added int DEFAULT 7;
UPDATE evolving SET added = added + 1 WHERE id = 1;
ALTER TABLE evolving DROP COLUMN gone;
INSERT INTO evolving VALUES (3, 'dropped', 3);
COMMIT;
ALTER TABLE evolving ALTER added TYPE text;
INSERT INTO evolving VALUES (4, 'retyped', 'four');
ALTER TABLE evolving RENAME TO evolved;
ALTER TABLE evolved SET SCHEMA kinds;
DELETE FROM kinds.evolved WHERE id = 3;
ANALYZE kinds.evolved;
INSERT INTO kinds.evolved VALUES (5, 'analyzed', NULL);

-- ------------------------------------------------------------------ transactions

BEGIN;
INSERT INTO computed VALUES (1, 1);
SAVEPOINT a;
INSERT INTO computed VALUES (2, 2);
ROLLBACK TO a;
SAVEPOINT b;
INSERT INTO computed VALUES (3, 3);
RELEASE b;
UPDATE computed SET n = 30 WHERE id = 3;
COMMIT;
BEGIN;
INSERT INTO computed VALUES (4, 4);
ROLLBACK;
INSERT INTO unpublished VALUES (1);
BEGIN;
INSERT INTO computed VALUES (5, 5);
PREPARE TRANSACTION 'prepared';
INSERT INTO computed VALUES (6, 6);
COMMIT PREPARED 'prepared';
INSERT INTO computed VALUES (6, 0), (7, 7) ON CONFLICT (id) DO UPDATE SET n = 60;
COPY by_nothing FROM STDIN;
2	copied
3	\N
4	tab\there, back\\slash
\.

BEGIN;
INSERT INTO measures VALUES (1, 2024, 'old'), (2, 2025, 'new');
UPDATE measures SET v = 'newer' WHERE id = 2;
UPDATE measures SET year = 2025 WHERE id = 1;                  -- into another partition
COMMIT;
DELETE FROM measures WHERE id = 2;
TRUNCATE measures;

SELECT pg_replication_origin_create('peer "ü"');
SELECT pg_replication_origin_session_setup('peer "ü"');
BEGIN;
SELECT pg_replication_origin_xact_setup('A/1234ABCD', '2024-01-02 03:04:05.678901+00');
INSERT INTO by_nothing VALUES (100, 'from elsewhere');
COMMIT;
SELECT pg_replication_origin_session_reset();
SELECT pg_replication_origin_drop('peer "ü"');

-- ------------------------------------------------------------------ later servers

SELECT pg_logical_emit_message(false, 'outside', 'a text: ☃ "quoted" \ and
more');
SELECT pg_logical_emit_message(false, 'outside', '\x00ff10fe'::bytea);
BEGIN;
SELECT pg_logical_emit_message(true, 'inside "é"', '{"a": 1}');
INSERT INTO by_nothing VALUES (101, 'between messages');
SELECT pg_logical_emit_message(false, 'at once', 'before the transaction');
SELECT pg_logical_emit_message(true, '', '');
COMMIT;
BEGIN;
SELECT pg_logical_emit_message(true, 'rolled back', 'never seen');
ROLLBACK;
BEGIN;
SELECT pg_logical_emit_message(true, 'alone', '\x80'::bytea);
COMMIT;

\if :v15
  BEGIN;
  INSERT INTO filtered VALUES (1, 5), (2, 15);
  UPDATE filtered SET n = 20 WHERE id = 1;                     -- comes as an insert
  UPDATE filtered SET n = 1 WHERE id = 2;                      -- comes as a delete
  UPDATE filtered SET n = 30 WHERE id = 1;
  INSERT INTO listed VALUES (1, 'seen', 'hidden');
  UPDATE listed SET hidden = 'still' WHERE id = 1;
  COMMIT;
\endif
