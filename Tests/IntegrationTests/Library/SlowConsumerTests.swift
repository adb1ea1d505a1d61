import Foundation
import PGOutput
import PGWire
import ReplicationCore
import Testing

/// A consumer that sleeps while much is waiting: not cut off, nothing lost, memory within bounds.
@Suite struct SlowConsumerTests {
  /// Megabytes that wait; more can be asked for by hand.
  private static let megabytes = number("PGREPL_TEST_MEGABYTES") ?? 24
  /// The server's `wal_sender_timeout` in seconds; the consumer sleeps three and a half times that.
  private static let patience = number("PGREPL_TEST_PATIENCE") ?? 1
  private static let budgets = [64 << 10, 256 << 10, 1 << 20, 8 << 20]

  @Test(arguments: TestServer.newest)
  func `a consumer that sleeps is neither cut off nor fed too much`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(600 + Self.megabytes + 4 * Self.patience)) { site in
      try await site.publishTable("id int PRIMARY KEY, filler text")
      for budget in Self.budgets { try await client(site, budget: budget).ensureSlot() }
      let rows = Self.megabytes * 1000
      try await site.sql.run(
        "INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, \(rows)) n")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for budget in Self.budgets {
          group.addTask { try await sleepAndConsume(site, budget: budget, rows: rows) }
        }
        try await group.waitForAll()
      }
    }
  }

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  private func client(_ site: Site, budget: Int) throws -> Client {
    try site.client { params in
      params.slot = "\(site.name)_\(budget)"
      params.byteBudget = budget
      params.walSenderTimeout = .seconds(Self.patience)
      // The server is what is impatient here; it may itself need longer to begin with much.
      params.stallTimeout = .seconds(30)
    }
  }

  private func sleepAndConsume(_ site: Site, budget: Int, rows: Int) async throws {
    let duplex = try await client(site, budget: budget).startReplication()
    var receiver = Rows(duplex)
    #expect(try await receiver.next() == 1)
    let before = duplex.statistics
    for _ in 1...35 {
      try await Task.sleep(for: .milliseconds(100 * Self.patience))
      #expect(duplex.statistics.bytesBuffered <= budget)
    }
    let after = duplex.statistics
    // Three times the server's patience has passed, and it heard of us several times in each.
    #expect(after.feedbackSent - before.feedbackSent >= 6)
    #expect(after.timeStopped > .seconds(3 * Self.patience))
    #expect(after.bytesReceived < rows * 1000)
    for id in 2...rows {
      #expect(try await receiver.next() == id)
      if id.isMultiple(of: 1000) { #expect(duplex.statistics.bytesBuffered <= budget) }
    }
    await duplex.close()
  }

  /// The ids of inserted rows, one after the other.
  private struct Rows: ~Copyable {
    private let duplex: Duplex
    private var decoder = PgOutputDecoder()

    init(_ duplex: Duplex) {
      self.duplex = duplex
    }

    mutating func next() async throws -> Int? {
      while let event = try await duplex.recv() {
        guard case .xLogData(let data) = event else { continue }
        let id = try data.payload.withBytes { bytes throws(PgOutputError) in
          try decoder.decode(bytes, at: data.start) { message in
            guard case .insert(_, let new) = message else { return Int?.none }
            return new.withColumn(at: 0) { column -> Int in
              guard case .text(let text) = column else { return -1 }
              return text.indices.reduce(0) { $0 * 10 + Int(text[$1]) - 48 }
            }
          }
        }
        if let id { return id }
      }
      return nil
    }
  }
}
