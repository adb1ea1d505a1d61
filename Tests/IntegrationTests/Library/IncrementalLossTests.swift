import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// A host that is lost while a subscription wants to ask it about its publications.
@Suite struct IncrementalLossTests {
  @Test(arguments: TestServer.newest)
  func `a question that nobody answers does not keep the subscription from another host`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120)) { site in
      try await site.publishRows(100)
      try await site.client().ensureSlot()
      let client = try Client(site.params())
      let readers = CountingReaders(RangeReaders(client: client))
      var options = IncrementalSnapshotTests.options()
      var incremental = IncrementalSnapshotOptions()
      // Nobody looks by himself.
      incremental.lookupInterval = .seconds(3600)
      options.snapshot = .incremental(incremental)
      let subscription = try Subscription(
        client, checkpoints: MirrorStore(nil), options: options, rules: IncrementalRules(),
        makeReaders: { readers })
      var mirror = IncrementalMirror(keys: ["t": ["id"]], comparedBy: site.sql)
      var interruptions = 0
      for try await item in subscription.items {
        if case .transaction(let transaction) = item, interruptions == 0 {
          // The host is gone when the table is described, before the first row.
          try await site.sql.run(
            """
            SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
            WHERE slot_name = '\(site.name)'
            """)
          try await eventually("the stream has ended") {
            subscription.context.control.stream?.end != nil
          }
          readers.isHostGone.store(true, ordering: .relaxed)
          await #expect {
            for try await _ in transaction.changes {}
          } throws: { error in
            guard case .interrupted? = error as? ReplicationError else { return false }
            return true
          }
          interruptions += 1
          readers.isHostGone.store(false, ordering: .relaxed)
          continue
        }
        try await mirror.take(item)
        if mirror.whole == ["t"], mirror.transactions == 0, interruptions == 0 {
          try await site.sql.run(
            "INSERT INTO t VALUES (101, 'a'); UPDATE t SET v = 'b' WHERE id = 1")
        }
        if mirror.transactions == 1 { break }
      }
      #expect(interruptions == 1)
      #expect(mirror.faults == [])
      #expect(try await mirror.differences(from: site.sql, ["t": "id, v"]) == [])

      // One answer is enough for all that was committed before it.
      let questions = readers.membershipQuestions.load(ordering: .relaxed)
      for id in 200..<210 { try await site.sql.run("INSERT INTO t VALUES (\(id), 'c')") }
      for try await item in subscription.items {
        try await mirror.take(item)
        if mirror.transactions == 11 { break }
      }
      #expect(readers.membershipQuestions.load(ordering: .relaxed) <= questions + 1)
      try await subscription.close()
    }
  }
}
