import Foundation
import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Random tables and histories, consumed in every way that there is.
///
/// The environment's `PGREPL_TEST_HISTORIES` is how many of them each server gets, 1 if it is not
/// there; `PGREPL_TEST_HISTORY_SEED` the first one's seed.
@Suite struct RandomHistoryTests {
  private static func number(_ name: String, otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? otherwise
  }

  static let seeds = number("PGREPL_TEST_HISTORY_SEED", otherwise: 1)
  static let count = number("PGREPL_TEST_HISTORIES", otherwise: 1)

  @Test(arguments: TestServer.all)
  func `a replica made in any way equals the tables`(server: TestServer) async throws {
    for seed in Self.seeds..<Self.seeds + Self.count {
      try await onSite(server, limit: .seconds(1200)) { site in
        try await Self.run(seed: seed * 100 + UInt64(server.version), site)
      }
    }
  }

  private static func run(seed: UInt64, _ site: Site) async throws {
    let version = site.server.version
    try await site.makeTypes()
    var history = RandomHistory(seed: seed, version: version, prefix: site.name)
    for statement in history.preparation(publication: site.name) {
      try await site.sql.run(statement)
    }
    let (plain, twoPhase, oracle) = (site.name, "\(site.name)_p", "\(site.name)_t")
    let fills = history.fillsMemory
    try await client(site, slot: plain, fills).ensureSlot()
    if version >= 15 {
      try await client(site, slot: twoPhase, fills) { $0.usesTwoPhase = true }.ensureSlot()
    }
    try await site.sql.run(
      "SELECT pg_create_logical_replication_slot('\(oracle)', 'test_decoding')")
    for _ in 0..<40 {
      for part in history.transaction() { try await site.sql.run(part) }
    }
    // A commit is flushed, and all that lies before it.
    try await site.sql.run(history.end())
    let end = try await site.currentLSN()
    let kinds = try await testDecoding(site, slot: oracle, history.tables)

    var types = TypeCatalog()
    for mode in BlockTests.modes where mode.since <= version {
      for binary in version >= 14 ? [false, true] : [false] {
        let client = try client(site, slot: mode.twoPhase ? twoPhase : plain, fills) {
          $0.protocolVersion = mode.version
          $0.streaming = mode.streaming
          $0.usesTwoPhase = mode.twoPhase
          $0.prefersBinary = binary
          $0.stopAt = end
        }
        let what: Comment = "seed \(seed), \(mode), binary \(binary)"
        let duplex = try await client.startReplication()
        var receiver = BlockReceiver(duplex, types: types, make: RandomChange.make)
        do {
          try await receiver.finish()
        } catch {
          await duplex.close()
          Issue.record(error, what)
          continue
        }
        await duplex.close()
        types = receiver.types ?? types
        #expect(receiver.openCount == 0, what)
        #expect((receiver.counts.streamed > 0) == (mode.streaming != .off), what)
        #expect((receiver.counts.prepared > 0) == mode.twoPhase, what)
        #expect(receiver.changes.compactMap { $0.trace(among: history.tables) } == kinds, what)
        let replica = try RandomReplica(receiver.changes)
        let differences = try await replica.differences(
          from: site.sql, history.tables, generated: history.publishesGenerated)
        #expect(differences.isEmpty, "\(what): \(differences.prefix(3))")
        guard mode.streaming != .off else { continue }
        let staged = try await staged(client.params, types)
        #expect(staged.compactMap { $0.trace(among: history.tables) } == kinds, what)
        let stagedDifferences = try await RandomReplica(staged).differences(
          from: site.sql, history.tables, generated: history.publishesGenerated)
        #expect(stagedDifferences.isEmpty, "staged, \(what): \(stagedDifferences.prefix(3))")
      }
    }
  }

  /// What counts of the same, if blocks are staged as they come.
  private static func staged(
    _ params: ReplicationParams, _ types: TypeCatalog
  ) async throws -> [RandomChange] {
    var options = SubscriptionOptions()
    options.leavesSlot = true
    let subscription = try Subscription(params, options: options)
    var receiver = StagingReceiver { message, lsn in try RandomChange.make(message, lsn, types) }
    do {
      try await receiver.run(subscription)
    } catch {
      try await subscription.close()
      throw error
    }
    try await subscription.close()
    #expect(receiver.openCount == 0)
    return receiver.changes
  }

  /// Parameters of a session that keeps as little of a transaction in memory as it can.
  private static func client(
    _ site: Site, slot: String, _ fills: Bool,
    _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Client {
    let connection = try ConnectionOptions(
      site.url(
        setting: fills
          ? ("logical_decoding_work_mem", "64kB")
          : ("debug_logical_replication_streaming", "immediate")))
    return try site.client { params in
      params.slot = slot
      params.connection = connection
      adjust(&params)
    }
  }

  /// The changes that test_decoding tells of, of tables where it says the same: all rows are
  /// published, under the table's own name.
  private static func testDecoding(
    _ site: Site, slot: String, _ tables: [RandomTable]
  ) async throws -> [String] {
    let rows = try await site.sql.rows(
      """
      SELECT left(data, 300) FROM pg_logical_slot_peek_changes('\(slot)', NULL, NULL)
      WHERE starts_with(data, 'table \(site.name).')
      """)
    let names = Set(tables.filter(\.isComparable).map(\.name))
    return rows.compactMap { row in
      // table SCHEMA.NAME: KIND: [old-key: ]id[integer]:1 …
      let text = row[0] ?? ""
      let words = text.split(separator: ":", maxSplits: 2)
      let name = String(words[0].drop { $0 != "." }.dropFirst())
      guard names.contains(name) else { return nil }
      let id = text.firstRange(of: " id[integer]:").map {
        text[$0.upperBound...].prefix(while: \.isNumber)
      }
      return "\(name) \(words[1].dropFirst().lowercased())" + (id.map { " \($0)" } ?? "")
    }
  }
}

extension RandomTable {
  fileprivate var isComparable: Bool { filter == nil && !isPartitioned }
}

extension RandomChange {
  /// What test_decoding tells of the change, in few words.
  fileprivate func trace(among tables: [RandomTable]) -> String? {
    guard tables.contains(where: { $0.name == relation.name && $0.isComparable }) else {
      return nil
    }
    // Of an update the first key it prints is the old one's, if there is one.
    let id =
      kind == .insert ? new["id"] ?? nil : kind == .truncate ? nil : (key["id"] ?? new["id"]) ?? nil
    return "\(relation.name) \(kind.rawValue)" + (id.map { " \($0)" } ?? "")
  }
}
