import PGWire
import ReplicationCore
import Testing

/// Checkpoints, compared with real servers.
@Suite struct ResumeServerTests {
  @Test(arguments: TestServer.all)
  func `a stream continues exactly, again, or with a gap`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      try await site.sql.run("INSERT INTO t SELECT generate_series(1, 100)")
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      let end = try #require(try await receiver.next()).endLSN
      await duplex.close()
      if server.version >= 14 {
        try await eventually("the statistics are there") {
          try await client.checkpoint(at: end).slotState.sentBytes ?? 0 > 0
        }
      }
      let checkpoint = try await client.checkpoint(at: end)
      guard case .replays(let from, let bytes) = try await client.checkResume(checkpoint) else {
        Issue.record("not acknowledged yet")
        return
      }
      #expect(bytes == end.rawValue - from.rawValue)
      try await client.advanceSlot(to: end)
      #expect(try await client.checkResume(checkpoint) == .exact)

      try await site.sql.run("INSERT INTO t VALUES (200)")
      let beyond = try await client.advanceSlot(to: site.currentLSN())
      #expect(try await client.checkResume(checkpoint) == .gap(from: end, to: beyond))

      try await client.dropSlot()
      #expect(try await client.checkResume(checkpoint) == .slotMissing)
      try await client.ensureSlot()
      // The statistics of server 14 lag behind.
      try await eventually("the new slot is told from the old one") {
        switch try await client.checkResume(checkpoint) {
        case .slotRecreated: server.version >= 14
        case .gap(end, _): server.version < 14
        default: false
        }
      }
      var foreign = checkpoint
      foreign.systemID = "1"
      guard case .otherCluster = try await client.checkResume(foreign) else {
        Issue.record("another cluster")
        return
      }
      foreign = checkpoint
      foreign.position = LSN(rawValue: .max)
      guard case .diverged = try await client.checkResume(foreign) else {
        Issue.record("a position that was never reached")
        return
      }
    }
  }
  @Test(arguments: TestServer.startable)
  func `a slot is the same after a crash of the server`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let server = own.server
      try await onSite(server) { site in
        let client = try await site.prepare()
        try await site.sql.run("INSERT INTO t SELECT generate_series(1, 100)")
        let duplex = try await client.startReplication()
        var receiver = Receiver(duplex)
        let end = try #require(try await receiver.next()).endLSN
        await duplex.close()
        if server.version >= 14 {
          try await eventually("the statistics are there") {
            try await client.checkpoint(at: end).slotState.sentBytes ?? 0 > 0
          }
        }
        let checkpoint = try await client.checkpoint(at: end)
        for mode in ["fast", "immediate"] {
          try await own.restart(mode: mode)
          let proof = try await client.checkResume(checkpoint)
          guard case .replays = proof else {
            Issue.record("\(mode): \(proof)")
            continue
          }
        }
      }
    }
  }
}
