import Foundation
import PGOutput
import PGWire
import TestSupport
import Testing

@testable import ReplicationCore

/// Tables that are read while the stream runs and others write, against their source.
@Suite struct IncrementalSnapshotTests {
  static let keys = ["t": ["id"], "c": ["a", "b"], "n": []]
  static let columns = ["t": "id, v, big", "c": "a, b, v", "n": "v", "late": "id, v"]

  /// Makes tables of three kinds of key, with rows, and their publication.
  static func fill(_ site: Site) async throws {
    try await site.makeCollation()
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, v int, big text);
      ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
      CREATE TABLE c (a text COLLATE words, b int, v int, PRIMARY KEY (a, b));
      CREATE TABLE n (v int);
      ALTER TABLE n REPLICA IDENTITY FULL;
      CREATE TABLE late (id int PRIMARY KEY, v int);
      INSERT INTO t SELECT i, i, (SELECT string_agg(md5(g::text || i), '') FROM generate_series(1, 90) g)
        FROM generate_series(1, 500) i;
      INSERT INTO c SELECT 'w' || i % 90, i / 90, i FROM generate_series(0, 1200) i;
      INSERT INTO n SELECT i % 50 FROM generate_series(1, 60) i;
      INSERT INTO late SELECT i, i FROM generate_series(1, 500) i;
      ANALYZE t, c, n, late;
      """)
    try await site.publish("TABLE t, c, n")
  }

  /// All rules, but for the one that `PGREPL_TEST_WITHOUT` names, without which these tests fail.
  private static var rules: IncrementalRules {
    var rules = IncrementalRules()
    switch ProcessInfo.processInfo.environment["PGREPL_TEST_WITHOUT"] {
    case "checksDropped": rules.checksDropped = false
    case "comparesIDs": rules.comparesIDs = false
    case "holdsWhileArming": rules.holdsWhileArming = false
    case "dropsWhileOpen": rules.dropsWhileOpen = false
    case "filtersUpToHorizon": rules.filtersUpToHorizon = false
    case "savesDropped": rules.savesDropped = false
    case "placesChunkFirst": rules.placesChunkFirst = false
    case "splitsKeyChanges": rules.splitsKeyChanges = false
    case "readsMovedRowsAgain": rules.readsMovedRowsAgain = false
    case "guardsCurrent": rules.guardsCurrent = false
    default: break
    }
    return rules
  }

  static func options(chunkBytes: Int = 50_000) -> SubscriptionOptions {
    var incremental = IncrementalSnapshotOptions()
    incremental.chunkBytes = chunkBytes
    incremental.lookupInterval = .milliseconds(300)
    var options = SubscriptionOptions()
    options.snapshot = .incremental(incremental)
    options.streamedBytes = 1 << 16
    options.reconnect = ReconnectPolicy(initial: .milliseconds(10), longest: .milliseconds(100))
    return options
  }

  /// Runs a subscription from where the mirror is, until it has all that was written.
  ///
  /// - Parameter limit: The number of items after which it is dropped as if it were killed.
  /// - Returns: Whether it has everything.
  static func run(
    _ mirror: inout IncrementalMirror, _ params: ReplicationParams, _ options: SubscriptionOptions,
    limit: Int = .max, until isOver: (inout IncrementalMirror) async throws -> Bool
  ) async throws -> Bool {
    let subscription = try Subscription(
      Client(params), checkpoints: MirrorStore(mirror.checkpoint), options: options, rules: rules,
      makeReaders: nil)
    var count = 0
    var isDone = false
    for try await item in subscription.items {
      try await mirror.take(item)
      count += 1
      isDone = try await isOver(&mirror)
      if isDone || count >= limit { break }
    }
    try await subscription.close()
    return isDone
  }

  @Test(arguments: TestServer.all)
  func `a mirror ends as the source does, with any writers and any number of restarts`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      try await site.client().ensureSlot()
      let seed = UInt64(server.version)
      let writers = RandomWriters()
      let running = Task {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<3 as Range<UInt64> {
            group.addTask {
              try await writers.run(site, seed: seed * 10 + number, truncates: number == 0)
            }
          }
          try await group.waitForAll()
        }
      }
      var random = RepeatableGenerator(seed: seed)
      var mirror = IncrementalMirror(keys: Self.keys, comparedBy: site.sql)
      let small = try ConnectionOptions(
        site.url(setting: ("logical_decoding_work_mem", "64kB")))
      let params = site.params { params in
        params.connection = small
        params.streaming = server.version < 14 ? .off : server.version < 16 ? .on : .parallel
      }
      var restarts = 0
      // Killed again and again until the tables are whole, or often enough.
      while restarts < 6, !(mirror.checkpoint.map { Self.isWhole($0, 3) } ?? false) {
        _ = try await Self.run(
          &mirror, params, Self.options(), limit: Int.random(in: 5...60, using: &random)
        ) { _ in false }
        restarts += 1
      }
      _ = try await Self.run(&mirror, params, Self.options()) { mirror in
        mirror.checkpoint.map { Self.isWhole($0, 3) } ?? false
      }
      writers.stop()
      try await running.value
      try await Self.finish(&mirror, site, params)
      #expect(mirror.faults.count == 0, "\(mirror.faults.prefix(5))")
      #expect(try await mirror.differences(from: site.sql, Self.columns) == [])
      #expect(restarts > 1 && mirror.chunks > 5, "\(restarts) restarts, \(mirror.chunks) chunks")
      #expect(writers.transactions > 50)
    }
  }

  /// Whether so many tables are whole, and none is being read.
  static func isWhole(_ checkpoint: Checkpoint, _ count: Int) -> Bool {
    guard let state = checkpoint.incremental else { return false }
    return state.openTables.isEmpty && state.wholeTables.count == count
  }

  /// Takes what is left, up to now.
  static func finish(
    _ mirror: inout IncrementalMirror, _ site: Site, _ params: ReplicationParams,
    tables: Int = 3
  ) async throws {
    let end = try await site.sql.lsn(
      "SELECT pg_logical_emit_message(true, 'end', 'of the test')")
    try await site.sql.run("INSERT INTO n VALUES (-1)")
    _ = try await run(&mirror, params, options()) { mirror in
      guard let checkpoint = mirror.checkpoint else { return false }
      return checkpoint.position > end && isWhole(checkpoint, tables)
        && mirror.tables["n"]?.bag[["-1"]] != nil
    }
  }

  @Test(arguments: TestServer.all)
  func `a table that joins the publication is read while it runs`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await Self.fill(site)
      try await site.client().ensureSlot()
      var keys = Self.keys
      keys["late"] = ["id"]
      var mirror = IncrementalMirror(keys: keys, comparedBy: site.sql)
      var isAdded = false
      var updates = 0
      _ = try await Self.run(&mirror, site.params(), Self.options()) { mirror in
        if mirror.whole.count == 1, !isAdded {
          // A writer that began before the table joined, and continues after it.
          try await site.sql.run(
            """
            BEGIN; UPDATE late SET v = -1 WHERE id = 7; COMMIT;
            ALTER PUBLICATION \(site.name) ADD TABLE late
            """)
          isAdded = true
        }
        if isAdded, updates < 40 {
          updates += 1
          try await site.sql.run(
            """
            UPDATE late SET v = v + 1 WHERE id % 40 = \(updates);
            DELETE FROM late WHERE id = \(500 - updates);
            INSERT INTO late VALUES (\(1000 + updates), 0)
            """)
        }
        return mirror.whole.contains("late")
      }
      try await Self.finish(&mirror, site, site.params(), tables: 4)
      #expect(mirror.faults.count == 0, "\(mirror.faults.prefix(5))")
      #expect(mirror.whole.contains("late"))
      #expect(try await mirror.differences(from: site.sql, Self.columns) == [])
    }
  }

  /// With a synchronous standby that never comes, a commit is in the stream long before others see
  /// it: a row is delivered or dropped, and snapshots lack it.
  @Test(arguments: TestServer.startable)
  func `what was streamed before it is visible is neither lost nor there twice`(
    server: TestServer
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      try await onSite(own.server) { site in try await Self.provokeLateVisibility(site) }
    }
  }

  private static func provokeLateVisibility(_ site: Site) async throws {
    try await Self.fill(site)
    try await site.client().ensureSlot()
    let writers = RandomWriters()
    let running = Task {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<3 as Range<UInt64> {
          group.addTask { try await writers.run(site, seed: 50 + number, truncates: false) }
        }
        // Commits wait, and are released, again and again.
        group.addTask {
          let sql = try await WireConnection.connect(site.options)
          defer { sql.close() }
          for round in 0..<10_000 where writers.isRunning {
            let names = round.isMultiple(of: 2) ? "'nobody'" : "''"
            try await sql.run("ALTER SYSTEM SET synchronous_standby_names = \(names)")
            try await sql.run("SELECT pg_reload_conf()")
            try await Task.sleep(for: .milliseconds(120))
          }
          try await sql.run("ALTER SYSTEM RESET synchronous_standby_names")
          try await sql.run("SELECT pg_reload_conf()")
        }
        try await group.waitForAll()
      }
    }
    var mirror = IncrementalMirror(keys: Self.keys, comparedBy: site.sql)
    for round in 0..<3 {
      _ = try await Self.run(
        &mirror, site.params(), Self.options(chunkBytes: 30_000), limit: 250 + 50 * round
      ) { mirror in mirror.checkpoint.map { Self.isWhole($0, 3) } ?? false }
    }
    _ = try await Self.run(&mirror, site.params(), Self.options(chunkBytes: 30_000)) { mirror in
      mirror.checkpoint.map { Self.isWhole($0, 3) } ?? false
    }
    writers.stop()
    try await running.value
    try await Self.finish(&mirror, site, site.params())
    #expect(mirror.faults.count == 0, "\(mirror.faults.prefix(5))")
    #expect(try await mirror.differences(from: site.sql, Self.columns) == [])
  }
}
