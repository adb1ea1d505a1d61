import ChangeSinks
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import NATSSink

/// The connector as it is, into a real server; only PostgreSQL is simulated.
@Suite(
  .enabled(if: TestNATS.url != nil, "PGCDC_NATS_URL is not set to a server with JetStream"),
  .timeLimit(.minutes(10)))
struct NATSReplicationTests {
  @Test func `records come in order, each once`() async throws {
    try await TestNATS.withStream { options in
      let database = try TestDatabase.withItems(slots: ["a"])
      try database.changeItems()
      try await Replication.run(database, slot: "a", into: options)
      let records = try await Replication.records(options, slot: "a")
      // An update that changes the key has a tombstone before it, a deletion one behind it.
      #expect(records.count == 20 + 200 + 5)
      #expect(records.isInOrder)
      #expect(records.allSatisfy { $0.topic == "public.items" })
      #expect(records.first?.key == Array(#"{"id":0}"#.utf8))
      #expect(records.count { $0.value == nil } == 2)
    }
  }

  @Test func `a later start continues where the stream ends`() async throws {
    let database = try TestDatabase.withItems(slots: ["once", "twice"])
    try await TestNATS.withStream { twice in
      try database.changeItems()
      try await Replication.run(database, slot: "twice", into: twice)
      try database.changeItems(from: 2000)
      try await Replication.run(database, slot: "twice", into: twice)
      try await TestNATS.withStream { once in
        try await Replication.run(database, slot: "once", into: once)
        let expected = try await Replication.records(once, slot: "once")
        #expect(expected.count == 2 * 225)
        #expect(try await Replication.records(twice, slot: "twice") == expected)
      }
    }
  }

  @Test func `the stream is the same wherever the connection is cut`() async throws {
    let cuts = Array(stride(from: 600, through: 90_000, by: 7001))
    let database = try TestDatabase.withItems(slots: ["whole"] + cuts.map { "cut_\($0)" })
    try database.changeItems()
    try await TestNATS.withStream { options in
      try await Replication.run(database, slot: "whole", into: options)
      let expected = try await Replication.records(options, slot: "whole")
      for cut in cuts {
        try await expectCut(cut, of: database, toLeave: expected)
      }
    }
  }

  private func expectCut(
    _ cut: Int, of database: TestDatabase, toLeave expected: [Replication.Record]
  ) async throws {
    try await TestNATS.withStream { options in
      let server = try #require(options.servers.first)
      let proxy = try CuttingProxy(to: server.port, breakingAfter: [cut, cut * 2])
      defer { proxy.stop() }
      var broken = options
      broken.servers = [NATSServer(host: "127.0.0.1", port: proxy.port)]
      try await Replication.run(database, slot: "cut_\(cut)", into: broken)
      let records = try await Replication.records(options, slot: "cut_\(cut)")
      #expect(records == expected, "cut after \(cut) bytes")
    }
  }

  @Test func `a batch that was written in part is completed`() async throws {
    let parts = [1, 5, 19, 20, 21, 120, 219, 220, 224]
    let database = try TestDatabase.withItems(slots: ["whole"] + parts.map { "part_\($0)" })
    // So that there is a checkpoint before the batch.
    try database.commit { try $0.insert(into: "items", ["id": 9_000]) }
    for part in parts { try await writePart(nil, "part_\(part)", database) }
    try await TestNATS.withStream { options in
      try database.changeItems()
      try await Replication.run(database, slot: "whole", into: options)
      let expected = try await Replication.records(options, slot: "whole")
      for part in parts {
        try await writePart(Array(expected[1...part]), "part_\(part)", database)
      }
      for part in parts {
        try await Replication.run(
          database, slot: "part_\(part)", into: try partOptions("part_\(part)"), bytes: 1 << 20)
        let records = try await Replication.records(
          try partOptions("part_\(part)"), slot: "part_\(part)")
        #expect(records == expected, "\(part) records")
        try TestNATS.ask("STREAM.DELETE.\(streamName("part_\(part)"))", options)
      }
    }
  }

  private let run = UInt64.random(in: .min ... .max)

  private func streamName(_ slot: String) -> String { "test_\(run)_\(slot)" }

  private func partOptions(_ slot: String) throws -> NATSOptions {
    var options = try NATSOptions(try #require(TestNATS.url))
    options.stream.name = streamName(slot)
    return options
  }

  /// Runs a connector, or writes records as one does that ends before the checkpoint.
  private func writePart(
    _ records: [Replication.Record]?, _ slot: String, _ database: TestDatabase
  ) async throws {
    let options = try partOptions(slot)
    guard let records else { return try await Replication.run(database, slot: slot, into: options) }
    let link = try NATSLink.open(options)
    for record in records {
      let position = try #require(record.position)
      let place = "\(position)"
      var headers = [
        (name: RecordHeader.id, value: place), (name: RecordHeader.position, value: place),
      ]
      if let key = record.key { headers.append(RecordHeader.forKey(key.span)) }
      if record.value == nil { headers.append((name: RecordHeader.tombstone, value: "1")) }
      try TestNATS.publish(
        record.value ?? [], on: "\(streamName(slot)).\(record.topic)", headers, link)
    }
  }

  @Test func `a message of somebody else does no harm`() async throws {
    let database = try TestDatabase.withItems(slots: ["a"])
    try await TestNATS.withStream { options in
      let stream = try #require(options.stream.name)
      try database.changeItems()
      try await Replication.run(database, slot: "a", into: options)
      try TestNATS.publish("foreign", on: "\(stream).foreign", options)
      try database.changeItems(from: 2000)
      try await Replication.run(database, slot: "a", into: options)
      let records = try await Replication.records(options, slot: "a")
      #expect(records.count { $0.position == nil } == 1)
      #expect(records.filter { $0.position != nil }.isInOrder)
      #expect(records.count == 2 * 225 + 1)
    }
  }
}
