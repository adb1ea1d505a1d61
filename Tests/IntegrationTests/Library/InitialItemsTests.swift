import Foundation
import PGOutput
import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// Subscriptions that begin with a snapshot themselves: one loop and one checkpoint.
@Suite struct InitialItemsTests {
  private static let few =
    TestServer.all.count > 2 ? [TestServer.all[0]] + TestServer.newest : TestServer.all
  private static let columns = [
    "a": "id, v", "b": "id, v", "e": "id, v", "n": "v", "p": "id, v",
  ]
  private static let keys = ["a": ["id"], "b": ["id"], "e": ["id"], "n": [], "p": ["id"]]

  /// Tables with and without rows and keys, and a partitioned one that is published as a whole.
  private static func fill(_ site: Site) async throws {
    try await site.sql.run(
      """
      CREATE TABLE a (id int PRIMARY KEY, v text);
      INSERT INTO a SELECT i, repeat('x', 200) FROM generate_series(1, 1000) i;
      CREATE TABLE b (id int PRIMARY KEY, v text);
      INSERT INTO b SELECT i, 'b' FROM generate_series(1, 100) i;
      CREATE TABLE e (id int PRIMARY KEY, v text);
      CREATE TABLE n (v text);
      ALTER TABLE n REPLICA IDENTITY FULL;
      INSERT INTO n SELECT i % 7 FROM generate_series(1, 50) i;
      CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
      INSERT INTO p SELECT i, 'p' FROM generate_series(1, 199) i;
      CREATE PUBLICATION \(site.name) FOR TABLE a, b, e, n, p
        WITH (publish_via_partition_root = true)
      """)
  }

  private static var options: SubscriptionOptions {
    var reading = SnapshotOptions()
    reading.batchBytes = 1 << 13
    reading.leastBlocks = 8
    var options = SubscriptionOptions()
    options.snapshot = .initial(reading)
    options.reconnect = ReconnectPolicy(initial: .milliseconds(10), longest: .milliseconds(100))
    return options
  }

  /// Writes to every table until it is stopped.
  private static func write(
    _ site: Site, while isRunning: @escaping @Sendable () -> Bool
  ) async throws {
    let sql = try await WireConnection.connect(site.options)
    defer { sql.close() }
    try await sql.run("SET search_path = \(site.name)")
    var number = 10_000
    while isRunning() {
      number += 1
      try await sql.run(
        """
        BEGIN;
        INSERT INTO a VALUES (\(number), 'new'); UPDATE a SET v = 'old' WHERE id = \(number % 1000);
        DELETE FROM b WHERE id = \(number % 100); INSERT INTO e VALUES (\(number), 'e');
        INSERT INTO n VALUES (\(number % 7)); UPDATE p SET v = \(number) WHERE id = \(number % 199);
        COMMIT
        """)
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Takes items into the mirror until there have been so many, or until `isOver`.
  private static func take(
    _ subscription: Subscription, into mirror: inout IncrementalMirror, limit: Int = .max,
    until isOver: (IncrementalMirror) -> Bool = { _ in false }
  ) async throws {
    var count = 0
    for try await item in subscription.items {
      try await mirror.take(item)
      count += 1
      if count >= limit || isOver(mirror) { return }
    }
  }

  @Test(arguments: TestServer.all)
  func `a consumer that is ended anywhere in it has the source in the end`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let isRunning = Mutex(true)
      let writer = Task { try await Self.write(site) { isRunning.withLock(\.self) } }
      let store = LastStore()
      var mirror = IncrementalMirror(keys: Self.keys, comparedBy: site.sql)
      // Nothing of a snapshot that was not finished counts: five tables are ten items.
      for limit in [1, 2, 5, 8] {
        let subscription = try Subscription(
          site.params(), checkpoints: store, options: Self.options)
        try await Self.take(subscription, into: &mirror, limit: limit)
        #expect(store.checkpoint?.isUnfinished == true)
        try await subscription.close()
        #expect(mirror.transactions == 0)
        #expect(
          try await site.sql.rows(
            "SELECT FROM pg_replication_slots WHERE slot_name = '\(site.name)'"
          ).isEmpty || store.checkpoint?.isUnfinished == false)
      }
      mirror.whole = []
      let subscription = try Subscription(site.params(), checkpoints: store, options: Self.options)
      try await Self.take(subscription, into: &mirror) { $0.transactions == 5 }
      #expect(mirror.whole.sorted() == ["a", "b", "e", "n", "p"])
      #expect(store.checkpoint?.snapshot == .finished)
      #expect(subscription.snapshotProgress.isComplete)
      #expect(subscription.snapshotProgress.rows >= 1000)
      try await subscription.close()
      isRunning.withLock { $0 = false }
      try await writer.value
      // What the last transaction said of itself is where the next one begins.
      store.set(try #require(mirror.checkpoint))
      let chunks = mirror.chunks
      let end = try await site.sql.lsn("SELECT pg_current_wal_insert_lsn()")
      try await site.sql.run("INSERT INTO e VALUES (1, 'end')")
      let next = try Subscription(site.params(), checkpoints: store, options: Self.options)
      try await Self.take(next, into: &mirror) { $0.checkpoint?.position ?? .zero > end }
      try await next.close()
      #expect(mirror.chunks == chunks)
      #expect(mirror.faults == [])
      #expect(try await mirror.differences(from: site.sql, Self.columns) == [])
    }
  }

  @Test(arguments: few)
  func `a connection that breaks in a table begins all of them again`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let store = LastStore()
      let subscription = try Subscription(site.params(), checkpoints: store, options: Self.options)
      var broken = 0
      var begun: [String] = []
      var tables: [String] = []
      for try await item in subscription.items {
        switch item {
        case .tableIsWhole(let table): tables.append(table.name)
        case .rangeBegins(let chunk):
          begun.append(chunk.table.relation.name)
          do {
            var batches = 0
            for try await _ in chunk.batches {
              batches += 1
              guard batches == 3, broken == 0 else { continue }
              try await site.sql.run(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                WHERE relation = 'a'::regclass AND pid <> pg_backend_pid()
                """)
            }
            chunk.acknowledge()
          } catch ReplicationError.chunkInterrupted {
            // What had been received of a table that is small comes to its end.
            broken += 1
            (begun, tables) = ([], [])
          }
        default: break
        }
        if tables.count == 5 { break }
      }
      #expect(broken == 1)
      #expect(begun == ["a", "b", "e", "n", "p"])
      #expect(tables == ["a", "b", "e", "n", "p"])
      try await subscription.close()
      #expect(store.checkpoint?.snapshot == .finished)
    }
  }

  @Test(arguments: few)
  func `the stream waits for acknowledgements, which may come from elsewhere`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let store = LastStore()
      let subscription = try Subscription(site.params(), checkpoints: store, options: Self.options)
      var tokens: [Acknowledgement] = []
      var whole = 0
      for try await item in subscription.items {
        if case .rangeBegins(let chunk) = item { tokens.append(chunk.acknowledgement) }
        if case .tableIsWhole = item { whole += 1 }
        if whole == 5 { break }
      }
      try await site.sql.run("INSERT INTO e VALUES (1, 'after')")
      let hasTransaction = Mutex(false)
      let next = Task {
        for try await item in subscription.items {
          guard case .transaction(let transaction) = item else { continue }
          hasTransaction.withLock { $0 = true }
          transaction.acknowledge()
          return transaction.commitLSN
        }
        return .zero
      }
      for token in tokens.dropFirst() { token.complete() }
      try await Task.sleep(for: .milliseconds(300))
      let isEarly = hasTransaction.withLock { $0 }
      #expect(!isEarly)
      #expect(store.checkpoint?.snapshot == .reading)
      tokens[0].complete(attaching: [1, 2, 3])
      let position = try await next.value
      #expect(position > .zero)
      #expect(store.checkpoint?.snapshot == .finished)
      #expect(store.checkpoint?.userData == [1, 2, 3])
      try await subscription.close()
    }
  }

  @Test(arguments: few)
  func `a chunk that nobody can acknowledge any more ends it, by name`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let subscription = try Subscription(
        site.params(), checkpoints: LastStore(), options: Self.options)
      await #expect {
        for try await item in subscription.items {
          if case .rangeBegins(let chunk) = item, chunk.table.relation.name != "b" {
            chunk.acknowledge()
          }
        }
      } throws: { error in
        guard case .invalidParameter(let text)? = error as? ReplicationError else { return false }
        return text.contains("\"b\"") || text.contains(".b ")
      }
      try await subscription.close()
    }
  }

  @Test(arguments: few)
  func `what can't be is refused`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let options = Self.options
      #expect(throws: ReplicationError.self) {
        try Subscription(site.params(), options: options)
      }
      #expect(throws: ReplicationError.self) {
        try Subscription(
          site.params { $0.temporarySlot = true }, checkpoints: LastStore(), options: options)
      }
      try await site.client().ensureSlot()
      let subscription = try Subscription(
        site.params(), checkpoints: LastStore(), options: options)
      await #expect {
        for try await _ in subscription.items {}
      } throws: { error in
        guard case .snapshotRefused(.slotExists)? = error as? ReplicationError else { return false }
        return true
      }
      try await subscription.close()
      await #expect(throws: ReplicationError.self) {
        for try await _ in subscription.transactions {}
      }
    }
  }

  @Test(arguments: few)
  func `a handler gets tables and transactions, whose acknowledgement is its return`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let store = LastStore()
      for id in [1, 2] {
        let subscription = try Subscription(
          site.params(), checkpoints: store, options: Self.options)
        try await site.sql.run("INSERT INTO e VALUES (\(id), 'e')")
        var (rows, seen) = (0, [String]())
        try await subscription.runItems { item in
          switch item {
          case .rangeBegins(let chunk):
            for try await batch in chunk.batches { rows += batch.rowCount }
          case .tableIsWhole(let table):
            seen.append(table.name)
            // What the stream begins with, behind the snapshot.
            if seen.count == 5 { try await site.sql.run("INSERT INTO e VALUES (9, 'e')") }
          case .transaction(let transaction):
            for try await change in transaction.changes {
              if case .insert(let row) = change {
                let id = try row.withRow { try $0["id", as: Int.self] }
                seen.append("\(id)")
              }
            }
            subscription.stop()
          @unknown default: break
          }
        }
        #expect(seen == (id == 1 ? ["a", "b", "e", "n", "p", "9"] : ["2"]))
        #expect(rows == (id == 1 ? 1350 : 0))
        #expect(store.checkpoint?.snapshot == .finished)
      }
    }
  }

  /// A table that somebody waits to alter is read by the session that has its lock.
  @Test(arguments: few)
  func `a change of a table that waits holds nothing up`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      let subscription = try Subscription(
        site.params(), checkpoints: LastStore(), options: Self.options)
      var altering: Task<Void, any Error>?
      var mirror = IncrementalMirror(keys: Self.keys, comparedBy: site.sql)
      for try await item in subscription.items {
        // All tables are locked before the first row is read.
        if altering == nil, mirror.whole == ["a"] {
          altering = Task {
            let sql = try await WireConnection.connect(site.options)
            defer { sql.close() }
            try await sql.run("ALTER TABLE \(site.name).p ADD COLUMN w int")
          }
          try await eventually("it waits") {
            try await !site.sql.rows(
              "SELECT FROM pg_locks WHERE relation = 'p'::regclass AND NOT granted"
            ).isEmpty
          }
        }
        try await mirror.take(item)
        if mirror.whole.count == 5 { break }
      }
      #expect(mirror.tables["p"]?.rows.count == 199)
      subscription.stop()
      for try await _ in subscription.items {}
      try await subscription.close()
      try await altering?.value
    }
  }
}
