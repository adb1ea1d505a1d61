import PGOutput
import PGWire
import ReplicationCore
import Testing

/// What the stream says is what happened.
@Suite struct HistoryTests {
  @Test(arguments: TestServer.all, [1, 2])
  func `a replica made from the stream equals the tables`(
    server: TestServer, seed: UInt64
  ) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.publish("TABLE keyed, whole")
      let client = try site.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      var history = History(seed: seed)
      try await history.run(site.sql, transactions: 60)
      try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")

      var replica = Replica(History.tables)
      var receiver = Receiver(duplex)
      var last = LSN.zero
      while replica.tables["keyed"]?["0"] == nil {
        let transaction = try #require(try await receiver.next())
        #expect(transaction.commitLSN > last)
        #expect(transaction.endLSN > transaction.commitLSN)
        last = transaction.commitLSN
        try replica.apply(transaction)
      }
      #expect(try await replica == Replica(History.tables, of: site.sql))
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `transactions that overlap come one after the other, in commit order`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      let other = try await WireConnection.connect(site.options)
      try await other.run("SET search_path = \(site.name); BEGIN; INSERT INTO t VALUES (1)")
      try await site.sql.run("BEGIN; INSERT INTO t VALUES (2)")
      try await other.run("INSERT INTO t VALUES (3)")
      try await site.sql.run("COMMIT")
      try await other.run("COMMIT")
      other.close()
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      let transactions = try await receiver.next(2)
      #expect(transactions.map { $0.changes.map { $0.new["id"] ?? nil } } == [["2"], ["1", "3"]])
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a hundred thousand rows in one transaction`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY, name text")
      // Far less room than the rows need.
      let client = try site.client { $0.byteBudget = 1 << 20 }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await site.sql.run(
        "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 100000) n")
      var decoder = PgOutputDecoder()
      var inserts = 0
      var sum = 0
      receiving: while let event = try await duplex.recv() {
        switch event {
        case .xLogData(let data):
          try data.payload.withBytes { bytes throws(PgOutputError) in
            try decoder.decode(bytes, at: data.start) { message in
              guard case .insert(_, let new) = message else { return }
              inserts += 1
              sum += new.withColumn(at: 0) { $0.number } ?? 0
            }
          }
        case .commit where inserts > 0: break receiving
        default: break
        }
      }
      #expect(inserts == 100_000)
      #expect(sum == 100_000 * 100_001 / 2)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a row of fifty megabytes`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY, before text, big text, after text)")
      try await site.publish("TABLE t")
      let client = try site.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await site.sql.run("INSERT INTO t VALUES (1, 'b', repeat('0123456789', 5000000), 'a')")
      var decoder = PgOutputDecoder()
      var found = false
      receiving: while let event = try await duplex.recv() {
        switch event {
        case .xLogData(let data):
          try data.payload.withBytes { bytes throws(PgOutputError) in
            try decoder.decode(bytes, at: data.start) { message in
              guard case .insert(_, let new) = message else { return }
              found = true
              _ = new.withColumn(at: 2) { column in
                guard case .text(let text) = column else { return }
                #expect(text.count == 50_000_000)
                let isRight = stride(from: 0, to: text.count, by: 4999).allSatisfy {
                  text[$0] == UInt8(ascii: "0") + UInt8($0 % 10)
                }
                #expect(isRight)
              }
              #expect(new.withColumn(at: 3) { $0.length } == 1)
            }
          }
        case .commit where found: break receiving
        default: break
        }
      }
      // The stream is as good as before.
      try await site.sql.run("INSERT INTO t VALUES (2)")
      var receiver = Receiver(duplex)
      _ = try? await receiver.next()
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `text of a database in another encoding comes as UTF-8`(server: TestServer) async throws {
    try await onSite(server) { site in
      let latin = try await site.inNewDatabase(
        "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
      try await latin.sql.run("CREATE TABLE \"größe\" (\"é\" text)")
      try await latin.publish("ALL TABLES")
      let client = try latin.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await latin.sql.run("INSERT INTO \"größe\" VALUES ('äöü ß ÿ')")
      var receiver = Receiver(duplex)
      let change = try await receiver.next()?.changes.first
      #expect(change?.tables == ["größe"])
      #expect(change?.new == ["é": "äöü ß ÿ"])
      await duplex.close()
      latin.sql.close()
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `logical messages come in their place`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client { $0.messages = true }
      try await client.ensureSlot()
      let outside = try await site.sql.lsn(
        "SELECT pg_logical_emit_message(false, 'é', '\\x00ff'::bytea)")
      try await site.sql.run(
        """
        BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'in', 'side'); COMMIT;
        BEGIN; SELECT pg_logical_emit_message(true, 'rolled', 'back'); ROLLBACK
        """)
      let duplex = try await client.startReplication()
      var seen: [String] = []
      receiving: while let event = try await duplex.recv() {
        switch event {
        case .message(let message):
          seen.append("\(message.prefix) \(message.transactional) \(message.content)")
          if !message.transactional { #expect(message.lsn == outside) }
        case .begin: seen.append("begin")
        case .commit:
          seen.append("commit")
          break receiving
        default: break
        }
      }
      #expect(
        seen == ["é false [0, 255]", "begin", "in true [115, 105, 100, 101]", "commit"])
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 16 })
  func `changes that came from elsewhere can be left out`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client { $0.origin = .none }
      try await client.ensureSlot()
      try await site.sql.run(
        """
        SELECT pg_replication_origin_create('\(site.name)');
        SELECT pg_replication_origin_session_setup('\(site.name)');
        INSERT INTO t VALUES (1);
        SELECT pg_replication_origin_session_reset();
        SELECT pg_replication_origin_drop('\(site.name)');
        INSERT INTO t VALUES (2)
        """)
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.map { $0.new["id"] ?? nil } == ["2"])
      await duplex.close()
    }
  }
}

extension TupleColumn {
  /// The whole number that the text is; -1 if it is none.
  fileprivate var number: Int {
    guard case .text(let text) = self else { return -1 }
    return text.indices.reduce(0) { $0 * 10 + Int(text[$1]) - 0x30 }
  }

  fileprivate var length: Int {
    guard case .text(let text) = self else { return -1 }
    return text.count
  }
}
