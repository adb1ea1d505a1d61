import ArgumentParser
import ChangeSinks
import PGWire
import PostgresSink
import ReplicationCore
import Testing

@testable import pgcdc_sink

/// `pgcdc-sink postgres --cut-over`, with a real source and target.
@Suite(.enabled(if: Servers.areGiven)) struct CutOverTests {
  private static let tables =
    "CREATE TABLE items (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY)"

  @Test func `the target has the rest, and continues behind the source`() async throws {
    try await TestSite.with("sink_cut_over", tables: Self.tables) { site in
      try await site.target.run("CREATE SCHEMA sink_cut_over; \(Self.tables)")
      try await site.source.run("INSERT INTO items SELECT FROM generate_series(1, 7)")
      try await CutOver.mirror(site)
      // The last changes of the application.
      try await site.source.run("INSERT INTO items DEFAULT VALUES")
      try await site.source.run("DELETE FROM items WHERE id = 2")
      try await CutOver.run(site, ["--sequence-margin", "10"])
      #expect(try await site.differences(["items"]) == [])
      let sink = PostgresSink(site.options)
      let check = try await sink.checkSequences(from: try site.params)
      #expect(check.faults == [] && check.ready.count == 2, "\(check)")
      let next = try await site.target.rows("INSERT INTO items DEFAULT VALUES RETURNING id, n")
      #expect(next == [["19", "19"]])
      // Once more it changes nothing.
      try await CutOver.run(site)
      let later = try await site.target.rows("INSERT INTO items DEFAULT VALUES RETURNING id, n")
      #expect(later == [["20", "20"]])
    }
  }

  @Test func `sequences that the target lacks, or the source uses, are faults`() async throws {
    try await TestSite.with("sink_cut_faults", tables: Self.tables) { site in
      try await site.source.run("INSERT INTO items DEFAULT VALUES")
      try await CutOver.mirror(site)
      try await site.source.run("INSERT INTO items DEFAULT VALUES")
      // The sink has created the table, which has no sequence.
      await #expect(throws: ExitCode.failure) { try await CutOver.run(site) }
      #expect(try await site.differences(["items"]) == [])
      let sink = PostgresSink(site.options)
      let missing = try await sink.checkSequences(from: try site.params)
      let table = "\"sink_cut_faults\".\"items\""
      let faults: [SequenceFault] = [
        .missing(column: table + ".\"id\""), .missing(column: table + ".\"n\""),
      ]
      #expect(missing.faults == faults, "\(missing)")
      try await site.target.run(
        """
        CREATE SEQUENCE items_id_seq OWNED BY items.id;
        ALTER TABLE items ALTER n SET NOT NULL;
        ALTER TABLE items ALTER n ADD GENERATED ALWAYS AS IDENTITY
        """)
      try await CutOver.run(site)
      // An application that still runs.
      try await site.source.run("INSERT INTO items DEFAULT VALUES")
      let behind = try await sink.checkSequences(from: try site.params)
      let names = ["id", "n"].map { "\"sink_cut_faults\".\"items_\($0)_seq\"" }
      let later: [SequenceFault] = names.map { name in .behind(sequence: name, next: 4) }
      #expect(behind.faults == later, "\(behind)")
    }
  }

  @Test func `it does not begin while a connector runs, or where none has run`() async throws {
    try await TestSite.with("sink_cut_held", tables: Self.tables) { site in
      let missing = await CutOver.refusal { try await CutOver.run(site) }
      #expect(missing.contains("does not exist"), "\(missing)")
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      try await RunningConnector.with(site, options) { running in
        try await running.settle()
        let held = await CutOver.refusal { try await CutOver.run(site, ["--retry-timeout", "1s"]) }
        #expect(held.contains("is held by PID"), "\(held)")
        // The connector was left alone.
        try await running.settle()
      }
    }
  }

  @Test(arguments: [
    ["--sequence-margin", "-1", "--cut-over"], ["--sequence-margin", "1"],
    ["--cut-over", "--http", "9464"],
  ])
  func `options that do not go together are wrong usage`(options: [String]) {
    let start = [
      "--to", "postgresql://localhost/d", "--url", "postgresql://cdc@db.example/shop", "--slot",
      "s", "--publication", "p",
    ]
    do {
      _ = try PostgresCommand.parse(start + options)
      Issue.record("it was accepted")
    } catch {
      #expect(PostgresCommand.exitCode(for: error) == .validationFailure)
    }
  }
}
