import Foundation
import PGOutput
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// Many large transactions at the same time, each on a connection of its own.
@Suite struct InterleavedTests {
  private static let width = 60
  private static let parts = 5

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `sixty at once come out as the table has them`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, big text)")
      try await site.sql.run("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
      try await site.publish("TABLE t")
      let connection = try ConnectionOptions(
        site.url(setting: ("logical_decoding_work_mem", "64kB")))
      var params = site.params { params in
        params.connection = connection
        params.streaming = server.version >= 16 ? .parallel : .on
        params.twoPhase = server.version >= 15
      }
      try await Client(params).ensureSlot()
      try await Self.write(site)
      params.stopAt = try await site.currentLSN()
      let expected = try await Replica(["t"], of: site.sql)
      #expect((expected.tables["t"]?.count ?? 0) > 1500)

      // A directory of its own, by which its files are known.
      let directory = "/tmp/\(site.name)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      var options = SubscriptionOptions()
      options.leavesSlot = true
      options.spillDirectory = directory
      options.streamedBytes = 128 << 10
      let subscription = try Subscription(params, options: options)
      var receiver = TransactionReceiver()
      var (mostOpen, mostFiles) = (0, 0)
      for try await transaction in subscription.transactions {
        mostOpen = max(mostOpen, subscription.statistics.streamedTransactions)
        #expect(subscription.statistics.bytesKept <= 128 << 10)
        mostFiles = max(mostFiles, Self.openFiles(in: directory))
        try await receiver.take(transaction)
      }
      try await subscription.close()
      #expect(mostOpen > Self.width / 2 && subscription.statistics.bytesSpilled > 2 << 20)
      #if os(Linux)
        #expect(mostFiles == 1)
      #endif
      #expect(receiver.openCount == 0)
      var replica = Replica(["t"])
      try replica.apply(receiver.changes)
      #expect(replica == expected)

      let staging = try Subscription(params, options: options)
      var staged = StagingReceiver { message, _ in ReceivedChange(message) }
      try await staged.run(staging)
      try await staging.close()
      #expect(staged.openCount == 0 && staged.counts.partsUndone > 20)
      #expect(staged.counts.streamed > Self.width / 2)
      #expect(staged.changes == receiver.changes)
    }
  }

  /// Sixty connections take turns: each writes a part of its transaction, sets savepoints, goes back
  /// to some of them, and ends it.
  private static func write(_ site: Site) async throws {
    var random = RepeatableGenerator(seed: UInt64(site.server.version))
    var writers: [WireConnection] = []
    defer { for writer in writers { writer.close() } }
    for _ in 0..<width { writers.append(try await WireConnection.connect(site.options)) }
    var lastID = 0
    func insert(_ rows: Int) -> String {
      defer { lastID += rows }
      return """
        INSERT INTO \(site.name).t
        SELECT i, repeat(md5(i::text), 30) FROM generate_series(\(lastID + 1), \(lastID + rows)) i;
        """
    }
    for round in 0..<parts {
      for (index, writer) in writers.shuffled(using: &random).enumerated() {
        let begin = round == 0 ? "BEGIN;" : ""
        let back = ["ROLLBACK TO a;", "ROLLBACK TO b;", "RELEASE a;", ""][(index + round) % 4]
        try await writer.run(
          """
          \(begin) \(insert(8)) SAVEPOINT a; \(insert(6)) SAVEPOINT b; \(insert(6)) \(back)
          UPDATE \(site.name).t SET id = -id WHERE id BETWEEN \(lastID - 19) AND \(lastID - 16);
          """)
      }
    }
    for (index, writer) in writers.shuffled(using: &random).enumerated() {
      switch index % 10 {
      case 0: try await writer.run("ROLLBACK")
      case 1 where site.server.version >= 15, 2 where site.server.version >= 15:
        try await writer.run("PREPARE TRANSACTION '\(site.name) \(index)'")
        try await writer.run(
          "\(index % 10 == 1 ? "COMMIT" : "ROLLBACK") PREPARED '\(site.name) \(index)'")
      default: try await writer.run("COMMIT")
      }
    }
  }

  /// Open files of this process that are, or were, in a directory.
  private static func openFiles(in directory: String) -> Int {
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return open.count { name in
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
      return path?.hasPrefix(directory + "/") == true
    }
  }
}
