import ChangeSinks
import PGWire
import PostgresSink
import ReplicationCore
import Testing

/// What is copied before applications use the target.
@Suite(.enabled(if: Servers.areGiven)) struct SequenceTests {
  @Test func `sequences continue behind those of the source`() async throws {
    let tables = "CREATE TABLE items (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY)"
    try await TestSite.with("sink_sequences", tables: tables) { site in
      try await site.target.run("CREATE SCHEMA sink_sequences")
      try await site.target.run(tables)
      try await site.source.run("INSERT INTO items SELECT FROM generate_series(1, 7)")
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      try await RunningConnector.with(site, options) { running in
        try await site.source.run("INSERT INTO items DEFAULT VALUES")
        try await site.source.run("UPDATE items SET id = 100 WHERE id = 1")
        try await running.settle()
      }
      #expect(try await site.differences(["items"]) == [])
      let sink = PostgresSink(site.options)
      let copied = try await sink.copySequences(from: try site.params, margin: 10)
      #expect(copied.sequences.map(\.value) == [18, 18])
      let next = try await site.target.rows("INSERT INTO items DEFAULT VALUES RETURNING id, n")
      #expect(next == [["19", "19"]])
      // What is further stays.
      #expect(try await sink.copySequences(from: try site.params).sequences == [])
    }
  }
}
