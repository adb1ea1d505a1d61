import Foundation
import PGWire
import ReplicationCore
import Testing

/// A position to start from that the server's log has not reached is an error, and moves nothing.
@Suite struct StartPositionServerTests {
  private func prepare(_ site: Site) async throws {
    try await site.prepare()
    for id in 1...3 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
  }

  /// Far beyond, and a little further than what other tests may write meanwhile.
  private func positions(_ site: Site) async throws -> [LSN] {
    let now = try await site.sql.lsn("SELECT pg_current_wal_insert_lsn()")
    return [LSN(rawValue: 0xFF << 32), LSN(rawValue: now.rawValue + (1 << 30))]
  }

  private func expectRefusal(of start: LSN, _ error: ReplicationError?) {
    guard case .startBeyondLog(let found) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(found.start == start && found.logEnd < start && !found.isStandby)
  }

  @Test(arguments: TestServer.all)
  func `is refused by a stream and a subscription`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let before = try await site.confirmedFlush()
      for start in try await positions(site) {
        let error = await #expect(throws: ReplicationError.self) {
          try await site.client().startReplication(from: start)
        }
        expectRefusal(of: start, error)
        var options = SubscriptionOptions()
        options.startLSN = start
        let store = FileCheckpointStore(
          path: FileManager.default.temporaryDirectory.appending(path: "it-\(site.name)").path)
        let subscription = try Subscription(site.params(), checkpoints: store, options: options)
        let other = await #expect(throws: ReplicationError.self) {
          for try await _ in subscription.transactions {}
        }
        expectRefusal(of: start, other)
        try await subscription.close()
        #expect(try await store.load() == nil)
      }
      #expect(try await site.confirmedFlush() == before)
      // What the client says of the log's end can be started from, flushed or not.
      for end in [try await site.client().currentLSN(), try await site.client().insertLSN()] {
        let duplex = try await site.client().startReplication(from: end)
        await duplex.close()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `is refused by pgcdc, which loses nothing`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      for start in try await positions(site) {
        let outcome = try await site.stream("--start-lsn", "\(start)", "--until-now")
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("can't start at \(start)"))
        #expect(outcome.errors.contains("log ends at "))
      }
      let all = try await site.stream("--until-now")
      #expect(all.status == 0)
      #expect(try JSONReplica.insertedIDs(all.lines) == [1, 2, 3])
    }
  }
}

/// A publication that is dropped while its changes are still to be sent.
@Suite struct DroppedPublicationTests {
  /// From server 18 on the server only warns, and not if the role does not want to be warned.
  @Test(arguments: TestServer.all)
  func `is an error, and nothing behind it is acknowledged`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run("INSERT INTO t VALUES (10)")
      try await site.sql.run("DROP PUBLICATION \(site.name)")
      let before = try await site.currentLSN()
      for id in [11, 12] { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      try await site.publish("TABLE t")
      try await site.sql.run("INSERT INTO t VALUES (13)")
      for level in ["notice", "error"] {
        let outcome = try await Pgcdc.run([
          "stream", "--url", site.url(setting: ("client_min_messages", level)),
          "--slot", site.name, "--publication", site.name, "--until-now",
        ])
        #expect(outcome.status == 1)
        #expect(!outcome.output.contains(#""id":13"#))
        #expect(outcome.errors.contains(server.version >= 18 ? "55000" : "42704"))
        #expect(try await site.confirmedFlush() <= before)
      }
      guard server.version >= 18 else { return }
      let rest = try await site.stream("--skip-missing-publications", "--until-now")
      #expect(rest.status == 0)
      #expect(try JSONReplica.insertedIDs(rest.lines).contains(13))
    }
  }
}
