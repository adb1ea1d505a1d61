import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// Tables that are read range by range, with each kind of key.
@Suite struct RangeReadingTests {
  /// Columns of keys, and the values of row `n`.
  private static let keys: [(name: String, columns: String, key: String, values: String)] = [
    ("k_int", "a int", "a", "n * 7 - 5000"),
    ("k_uuid", "a uuid", "a", "md5(n::text)::uuid"),
    ("k_c", "a text COLLATE \"C\"", "a", "md5(n::text)"),
    (
      "k_text", "a text COLLATE words", "a",
      "(ARRAY['Ä', '-b', 'B', 'a'])[n % 4 + 1] || md5(n::text)"
    ),
    ("k_two", "a int, b text COLLATE \"C\"", "a, b", "n % 5, 'x''' || n"),
    ("k_numeric", "a numeric", "a", "(n - 700) / 7.0"),
    ("k_date", "a date", "a", "date '2001-02-03' + n * 3"),
    ("k_time", "a timestamptz", "a", "timestamptz '1999-12-31 23:59:59.5+01' + n * interval '7 h'"),
    ("k_bytea", "a bytea", "a", "decode(md5(n::text), 'hex')"),
    ("k_bool", "a bool, b smallint", "a, b", "n % 2 = 0, n"),
    ("k_mood", "a mood, b int", "a, b", "(ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood, n"),
    ("k_none", "a int", "", "n % 100"),
  ]
  private static let rows = 1500

  private func fill(_ site: Site) async throws {
    try await site.makeCollation()
    try await site.sql.run("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    for (name, columns, key, values) in Self.keys {
      let primary = key.isEmpty ? "" : ", PRIMARY KEY (\(key))"
      try await site.sql.run(
        """
        CREATE TABLE \(name) (\(columns), v text\(primary));
        INSERT INTO \(name) SELECT \(values), repeat('x', 20 + n % 60) FROM generate_series(1, \(Self.rows)) n;
        \(key.isEmpty ? "" : "ANALYZE \(name)")
        """)
    }
    try await site.publish("TABLE " + Self.keys.map(\.name).joined(separator: ", "))
  }

  @Test(arguments: TestServer.all)
  func `all ranges together are the table, each row once`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await fill(site)
      for (workers, prefersBinary) in [(1, true), (3, false)] {
        let read = try await RangeDriver.readAll(try site.client()) {
          $0.workers = workers
          $0.chunkBytes = 16_384
          $0.prefersBinary = prefersBinary
        }
        #expect(read.count == Self.keys.count)
        for (name, columns, key, _) in Self.keys {
          let found = try #require(read[name], "\(name)")
          let names = columns.split(separator: ",").map {
            String($0.split(separator: " ")[0])
          }
          #expect(
            found.rows.ordered == (try await site.texts(names + ["v"], from: name)), "\(name)")
          if key.isEmpty {
            #expect(found.ranges == [.everything])
          } else {
            #expect(found.ranges.count >= 4, "\(name): \(found.ranges.count)")
            #expect(found.counts.max() ?? 0 < Self.rows / 2, "\(name): \(found.counts)")
          }
          #expect(found.largestBatch < (1 << 13) + 200)
        }
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `the server says where keys lie whose order is its own`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await fill(site)
      let driver = RangeDriver(try site.client()) { $0.chunkBytes = 16_384 }
      let read = try await driver.readAll()
      for (name, columns) in [("k_text", 1), ("k_mood", 2)] {
        let table = try #require(driver.tables.values.first { $0.table.relation.name == name })
        #expect(table.shape.columns[0].type.order == .server)
        let found = try #require(read[name])
        // In the order of the keys: each begins where another ends.
        var bounds: [KeyBound] = []
        while let next = found.ranges.first(where: { $0.start == bounds.last }), let end = next.end
        {
          bounds.append(end)
        }
        #expect(bounds.count == found.ranges.count - 1)
        var first = 0
        for (range, count) in zip(found.ranges, found.counts) {
          let rows = found.rows[first..<(first + count)]
          first += count
          let keys = rows.map { row in
            Key(
              zip(row, table.shape.columns).prefix(columns).compactMap { text, column in
                KeyValue(text: Array((text ?? "").utf8).span, type: column.type)
              })
          }
          let index = range.start.flatMap { bounds.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
          let places = try await driver.readers.places(of: keys, by: table.shape, bounds)
          #expect(places == Array(repeating: index, count: count), "\(name)")
        }
      }
      await driver.readers.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `partitions are read through their root, or by themselves`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE root (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF root FOR VALUES FROM (0) TO (400);
        CREATE TABLE p2 (extra int, v text, id int NOT NULL);
        ALTER TABLE p2 DROP extra;
        ALTER TABLE root ATTACH PARTITION p2 FOR VALUES FROM (400) TO (5000);
        CREATE UNLOGGED TABLE p3 PARTITION OF root FOR VALUES FROM (5000) TO (6000);
        INSERT INTO root SELECT n, repeat('x', 50) FROM generate_series(1, 1500) n;
        INSERT INTO root VALUES (5001, 'of which a stream knows nothing'); ANALYZE root
        """)
      for isRoot in [true, false] {
        try await site.sql.run(
          """
          DROP PUBLICATION IF EXISTS \(site.name);
          CREATE PUBLICATION \(site.name) FOR TABLE root WITH (publish_via_partition_root = \(isRoot))
          """)
        let read = try await RangeDriver.readAll(try site.client()) { $0.chunkBytes = 16_384 }
        #expect(Set(read.keys) == (isRoot ? ["root"] : ["p1", "p2"]))
        for (name, found) in read {
          let columns = name == "p2" ? ["v", "id"] : ["id", "v"]
          let source = "\(name) WHERE id < 5000"
          #expect(found.rows.ordered == (try await site.texts(columns, from: source)), "\(name)")
          #expect(found.ranges.count >= (name == "p1" ? 2 : 4), "\(name): \(found.ranges.count)")
        }
      }
      // A partition whose deletes do not carry the root's key: the root is one range.
      try await site.sql.run(
        """
        ALTER TABLE p2 REPLICA IDENTITY NOTHING; DROP PUBLICATION \(site.name);
        CREATE PUBLICATION \(site.name) FOR TABLE root WITH (publish_via_partition_root)
        """)
      let read = try await RangeDriver.readAll(try site.client()) { $0.chunkBytes = 16_384 }
      #expect(read["root"]?.ranges == [.everything])
      #expect(
        read["root"]?.rows.ordered
          == (try await site.texts(["id", "v"], from: "root WHERE id < 5000")))
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `only published rows and columns are read`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, a text, hidden int, g int GENERATED ALWAYS AS (id * 2) STORED);
        INSERT INTO t (id, a, hidden) SELECT n, repeat('x', 50), n FROM generate_series(1, 1500) n;
        ANALYZE t; CREATE PUBLICATION \(site.name) FOR TABLE t (a, id) WHERE (id % 2 = 0 OR id < 0)
        """)
      let read = try await RangeDriver.readAll(try site.client()) { $0.chunkBytes = 16_384 }
      let found = try #require(read["t"])
      #expect(
        found.rows.ordered
          == (try await site.texts(["id", "a"], from: "t WHERE id % 2 = 0 OR id < 0")))
      #expect(found.ranges.count >= 4)
    }
  }
}
