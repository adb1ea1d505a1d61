import ChangeSinks
import PGOutput
import ReplicationCore
import ReplicationTestKit
import PGWire
import Testing

/// How much is put into a batch while the one before is being written.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BatchLimitTests {
  /// Runs a connector over a number of transactions with one change each.
  private static func run(_ count: Int, into sink: CountingSink, bytes: Int) async throws {
    let table = TestTable("notes", columns: [.key("id", .int8), .column("words", .text)])
    let database = TestDatabase([table])
    try database.commit { changes in try changes.insert(into: "notes", ["id": 1]) }
    for _ in 1..<count {
      try database.commit { changes in try changes.update("notes", set: ["words": "new"]) }
    }
    var params = try database.parameters()
    params.stopAt = database.currentLSN
    var options = ConnectorOptions()
    options.subscription = .impatient
    options.limits.bytes = bytes
    try await Connector(params, into: sink, options: options).run()
  }

  @Test func `a batch has a limited number of transactions, however small they are`() async throws {
    let sink = CountingSink(size: 1, most: 4096, total: 6000)
    try await Self.run(6000, into: sink, bytes: 1 << 30)
    let counts = sink.counts.withLock { $0 }
    #expect(counts.written == 6000)
    #expect(counts.largest <= 4096)
    #expect(counts.inside == 0)
  }

  @Test func `a batch that gets full with a transaction's end ends there`() async throws {
    let sink = CountingSink(size: 100, most: 10, total: 45)
    try await Self.run(45, into: sink, bytes: 1000)
    let counts = sink.counts.withLock { $0 }
    #expect(counts.written == 45)
    #expect(counts.largest <= 10)
    #expect(counts.inside == 0)
  }
}
