import ArgumentParser
import ChangeSinks
import PGWire
import ReplicationCore
import Synchronization
import Testing

@testable import pgcdc_sink

/// What keeps a cut-over from its end: open transactions, another connector, signals.
@Suite(.enabled(if: Servers.areGiven), .serialized) struct CutOverInterruptionTests {
  private static let items = "CREATE TABLE items (id serial PRIMARY KEY)"

  private static func source() async throws -> WireConnection {
    try await WireConnection.connect(try ConnectionOptions(try #require(Servers.source)))
  }

  @Test func `a transaction that is open in the source is named`() async throws {
    try await TestSite.with("sink_cut_open", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_open; \(Self.items)")
      try await CutOver.mirror(site)
      let other = try await Self.source()
      defer { other.close() }
      try await other.run("BEGIN; INSERT INTO sink_cut_open.items DEFAULT VALUES")
      let id = try await other.rows("SELECT pg_backend_pid()").first?.first ?? nil
      let pid = try #require(id)
      let open = await CutOver.refusal {
        try await CutOver.run(site, ["--retry-timeout", "5s"])
      }
      #expect(open.contains("PID \(pid) ("), "\(open)")
      try await other.run("COMMIT")
      try await CutOver.run(site)
      #expect(try await site.differences(["items"]) == [])
    }
  }

  /// Whether the source lets transactions be prepared.
  private static func allowsPreparing() async throws -> Bool {
    guard Servers.areGiven else { return false }
    let source = try await Self.source()
    defer { source.close() }
    let most = try await source.rows("SHOW max_prepared_transactions").first?.first ?? nil
    return most != "0"
  }

  @Test(
    .enabled("NOT RUN: the source has max_prepared_transactions = 0") {
      try await CutOverInterruptionTests.allowsPreparing()
    })
  func `a prepared transaction of the source is named`() async throws {
    try await TestSite.with("sink_cut_prepared", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_prepared; \(Self.items)")
      try await CutOver.mirror(site)
      try await site.source.run(
        "BEGIN; INSERT INTO items DEFAULT VALUES; PREPARE TRANSACTION 'sink_cut_prepared'")
      let prepared = await CutOver.refusal {
        try await CutOver.run(site, ["--retry-timeout", "5s"])
      }
      try await site.source.run("COMMIT PREPARED 'sink_cut_prepared'")
      #expect(prepared.contains("prepared transaction \"sink_cut_prepared\""), "\(prepared)")
      try await CutOver.run(site)
      #expect(try await site.differences(["items"]) == [])
    }
  }

  @Test func `it does not stand by without an end while another connector has the slot`()
    async throws
  {
    try await TestSite.with("sink_cut_taken", tables: Self.items) { site in
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      try await RunningConnector.with(site, options) { running in
        try await running.settle()
        var cutOver = try CutOver.command(site).move()
        cutOver.openingTimeout = .seconds(2)
        let late = cutOver
        let taken = await CutOver.refusal { try await late.write(upTo: LSN(rawValue: 1)) }
        #expect(taken.contains("is held by PID"), "\(taken)")
        // The connector was left alone.
        try await running.settle()
      }
    }
  }

  /// Counts how often something was asked.
  private final class Count: Sendable {
    private let number = Mutex(0)

    func next() -> Int {
      number.withLock { number in
        number += 1
        return number
      }
    }
  }

  @Test func `a signal ends it before the next step, and before its last line`() async throws {
    try await TestSite.with("sink_cut_signal", tables: Self.items) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_signal; \(Self.items)")
      try await site.source.run("INSERT INTO items SELECT FROM generate_series(1, 7)")
      try await CutOver.mirror(site)
      for step in 1...6 {
        let count = Count()
        var cutOver = try CutOver.command(site).move()
        cutOver.interruption = { count.next() >= step ? 143 : nil }
        let interrupted = cutOver
        await #expect(throws: ExitCode(143), "step \(step)") { try await interrupted.run() }
        guard step < 5 else { continue }
        // The sequences come after the fourth question.
        let state = try await site.target.rows("SELECT is_called FROM items_id_seq")
        #expect(state == [["f"]], "step \(step)")
      }
      try await CutOver.run(site)
      let next = try await site.target.rows("SELECT nextval('items_id_seq')")
      #expect(next == [["8"]])
    }
  }
}
