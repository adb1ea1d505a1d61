import ChangeSinks
import PGWire
import PostgresSink
import ReplicationCore
import Testing

/// What is in the source is in the target, row by row.
@Suite(.serialized, .enabled(if: Servers.areGiven)) struct MirrorTests {
  static let tables = """
    CREATE TYPE mood AS ENUM ('sad', 'so ''so''', 'happy');
    CREATE TABLE everything (
      id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, n numeric(12,3), n0 numeric,
      f4 real, f8 double precision, t text, v varchar(20), c char(5), bytes bytea, d date,
      ti time(3), tz timetz, ts timestamp, tsz timestamptz(3), iv interval, u uuid, j json,
      jb jsonb, a integer[], ta text[], p point, bx box, ip inet, ci cidr, m macaddr, bi bit(4),
      vb varbit, r int4range, tsv tsvector, mo money, mood mood, moods mood[]);
    CREATE TABLE keyless (a int, b text, j json);
    ALTER TABLE keyless REPLICA IDENTITY FULL;
    CREATE TABLE words (k text, l int, v text, PRIMARY KEY (k, l));
    CREATE TABLE large (id int PRIMARY KEY, body text, n int);
    ALTER TABLE large ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE TABLE empty_table (id int PRIMARY KEY)
    """

  /// Rows with everything that a format could get wrong.
  static let rows = """
    INSERT INTO everything VALUES
      (1, true, -1, 2147483647, 123.456, 1e40, 'NaN', 'Infinity', E'tab\\t line\\n back\\\\ ''q"',
        'ünïcode', 'ab', '\\x00ff5c', '0044-03-15 BC', '23:59:59.999', '12:00:00+05:30',
        'infinity', '2024-02-29 12:34:56.789+02', '1 year -2 days 03:04:05.6',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a" : 1, "a":2}', '{"b": [1, null]}',
        '{{1,NULL},{3,4}}', '{"a,b",NULL,"NULL",""}', '(1,2)', '((0,0),(1,1))', '10.0.0.1/8',
        '10.0.0.0/8', '08:00:2b:01:02:03', B'1010', B'101', '[1,5)', 'fat:1A cat:2', '$1,234.56',
        'so ''so''', '{happy,NULL,"so ''so''"}');
    INSERT INTO everything (id) VALUES (2), (3), (4);
    UPDATE everything SET t = '\\N', v = '', j = 'null' WHERE id = 3;
    INSERT INTO keyless VALUES (1, 'x', '{"a": 1}'), (1, 'x', '{"a": 1}'), (NULL, NULL, NULL);
    INSERT INTO words SELECT 'wörd ' || n, n, md5(n::text) FROM generate_series(1, 2000) AS n;
    INSERT INTO large SELECT n, repeat(md5(n::text), 200), 0 FROM generate_series(1, 20) AS n
    """

  static let names = ["everything", "keyless", "words", "large", "empty_table"]

  private static var initial: ConnectorOptions {
    var options = ConnectorOptions()
    options.subscription.snapshot = .initial()
    return options
  }

  @Test(arguments: [true, false])
  func `a snapshot and changes of all kinds`(isBinary: Bool) async throws {
    let name = isBinary ? "sink_binary" : "sink_text"
    try await TestSite.with(name, tables: Self.tables) { site in
      try await site.source.run(Self.rows)
      var options = ConnectorOptions()
      var snapshot = SnapshotOptions()
      snapshot.prefersBinary = isBinary
      options.subscription.snapshot = .initial(snapshot)
      try await RunningConnector.with(site, options) { running in
        try await running.settle()
        #expect(try await site.differences(Self.names) == [])
        try await change(site)
        try await running.settle()
        #expect(try await site.differences(Self.names) == [])
        #expect(running.connector.statistics.restarts == 0)
      }
    }
  }

  private func change(_ site: TestSite) async throws {
    try await site.source.run(
      """
      INSERT INTO everything SELECT * FROM (
        SELECT id + 100, b, i2, i4, n, n0, f4, f8, t, v, c, bytes, d, ti, tz, ts, tsz, iv, u, j, jb, a,
          ta, p, bx, ip, ci, m, bi, vb, r, tsv, mo, mood, moods FROM everything) AS copied;
      UPDATE everything SET n0 = 1.0, mood = 'happy' WHERE id = 2;
      UPDATE everything SET n0 = 1.00 WHERE id = 2;
      UPDATE everything SET id = id + 1000 WHERE id > 100;
      DELETE FROM everything WHERE id = 4
      """)
    // The body is not sent, since the update leaves it as it is.
    try await site.source.run("UPDATE large SET n = n + 1; UPDATE large SET id = id + 100")
    try await site.source.run(
      """
      UPDATE keyless SET b = 'y' WHERE ctid = (SELECT min(ctid) FROM keyless);
      DELETE FROM keyless WHERE a IS NULL; INSERT INTO keyless VALUES (7, '', '[]')
      """)
    // One transaction, so that a key is free before another row takes it.
    try await site.source.run(
      """
      BEGIN; UPDATE words SET l = -l, v = v || '!' WHERE l % 3 = 0; TRUNCATE words;
      INSERT INTO words SELECT 'again', n, NULL FROM generate_series(1, 50) AS n; COMMIT
      """)
  }

  @Test func `an enum gets a label while it runs`() async throws {
    try await TestSite.with("sink_enum", tables: Self.tables) { site in
      try await site.source.run(Self.rows)
      try await RunningConnector.with(site, Self.initial) { running in
        try await running.settle()
        try await site.source.run("ALTER TYPE mood ADD VALUE 'glad' BEFORE 'happy'")
        try await site.source.run("UPDATE everything SET mood = 'glad' WHERE id = 1")
        try await running.settle()
        #expect(try await site.differences(Self.names) == [])
        let labels = try await site.target.rows(
          "SELECT enumlabel FROM pg_enum WHERE enumtypid = 'mood'::regtype ORDER BY enumsortorder")
        #expect(labels == [["sad"], ["so 'so'"], ["glad"], ["happy"]])
      }
    }
  }

  @Test func `a label with a backslash is added as it is`() async throws {
    try await TestSite.with("sink_label", tables: Self.tables) { site in
      try await site.source.run(Self.rows)
      var sink = site.options
      // The session for labels is another one, to which this applies too. Servers from 19 on refuse it.
      let versions = try await site.target.rows("SHOW server_version_num")
      let version = try #require(versions.first?[0].flatMap { Int($0) })
      if version < 190_000 {
        sink.connection += sink.connection.contains("?") ? "&" : "?"
        sink.connection += "options=-c%20standard_conforming_strings%3Doff"
      }
      try await RunningConnector.with(site, Self.initial, sink: sink) { running in
        try await running.settle()
        try await site.source.run(#"ALTER TYPE mood ADD VALUE 'so\nso'"#)
        try await site.source.run(#"UPDATE everything SET mood = 'so\nso' WHERE id = 1"#)
        try await running.settle()
        #expect(try await site.differences(Self.names) == [])
      }
    }
  }

  @Test func `columns are added, renamed, dropped and get other types`() async throws {
    try await TestSite.with("sink_columns", tables: Self.tables) { site in
      try await site.source.run(Self.rows)
      try await RunningConnector.with(site, Self.initial) { running in
        try await running.settle()
        try await site.source.run("ALTER TABLE large ADD COLUMN added text DEFAULT 'it''s earlier'")
        try await site.source.run("INSERT INTO large (id, added) VALUES (1000, 'later')")
        try await running.settle()
        #expect(try await site.differences(["large"]) == [])
        // With a row in between, since otherwise it could be another column.
        try await site.source.run("ALTER TABLE words RENAME COLUMN l TO number")
        try await site.source.run("INSERT INTO words VALUES ('x', 0, 'y')")
        try await site.source.run("ALTER TABLE words ALTER COLUMN number TYPE bigint")
        try await site.source.run("INSERT INTO words VALUES ('x', 5000000000, 'y')")
        try await running.settle()
        #expect(try await site.differences(["words"]) == [])
        try await site.source.run("ALTER TABLE large DROP COLUMN n")
        try await site.source.run("INSERT INTO large VALUES (2000, 'body', 'without n')")
        try await running.settle()
        let kept = try await site.target.rows(
          "SELECT id, body, n, added FROM large WHERE id = 2000")
        #expect(kept == [["2000", "body", nil, "without n"]])
      }
      // The shapes are remembered, so that this is noticed although nobody was there.
      try await site.source.run("ALTER TABLE words RENAME COLUMN number TO place")
      try await site.source.run("INSERT INTO words VALUES ('z', 1, 'w')")
      try await RunningConnector.with(site, Self.initial) { running in
        try await running.settle()
        #expect(try await site.differences(["words"]) == [])
      }
    }
  }

  @Test func `tables swap their names`() async throws {
    let tables = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)"
    try await TestSite.with("sink_swap", tables: tables) { site in
      try await site.source.run("INSERT INTO a VALUES (1); INSERT INTO b VALUES (2), (3)")
      try await RunningConnector.with(site, Self.initial) { running in
        try await running.settle()
        try await site.source.run(
          """
          ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b;
          INSERT INTO a VALUES (4); INSERT INTO b VALUES (5)
          """)
        try await running.settle()
        #expect(try await site.differences(["a", "b"]) == [])
      }
    }
  }
}
