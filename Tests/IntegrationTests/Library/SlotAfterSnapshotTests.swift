import PGWire
import ReplicationCore
import Testing

/// `Client.withSnapshotBeforeSlot`.
@Suite struct SlotAfterSnapshotTests {
  @Test(arguments: TestServer.all)
  func `the slot brings what the snapshot does not see, and nothing else`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY); INSERT INTO t VALUES (1")
      let client = try site.client()
      let options = SlotOptions(isFailover: server.version >= 17 ? true : nil)
      let (rows, start) = try await client.withSnapshotBeforeSlot(options) { snapshot in
        try await site.sql.run("INSERT INTO t VALUES (2)")
        #expect(try await !site.hasSlot())
        let rows = try await SnapshotRows.all(of: snapshot)
        try await site.sql.run("INSERT INTO t VALUES (3)")
        return (rows, snapshot.consistentPoint)
      }
      #expect(rows.changes.count == 1)
      #expect(try await site.slots() == [site.name])
      let slot = try #require(try await client.slot())
      #expect(slot.confirmedFlushLSN == start && slot.isTemporary == false)
      if server.version >= 17 { #expect(slot.isFailover == true) }
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == ["id": "2"])
      #expect(try await receiver.next()?.changes.first?.new == ["id": "3"])
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `no slot is left where it fails`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client()
      struct Enough: Error {}
      await #expect(throws: Enough.self) {
        try await client.withSnapshotBeforeSlot { _ in throw Enough() }
      }
      try await eventually("no slot is there") { try await site.slots().isEmpty }
      // Somebody else creates it meanwhile.
      let exists = ReplicationError.snapshotRefused(.slotExists(site.name))
      await #expect(throws: exists) {
        try await client.withSnapshotBeforeSlot { _ in _ = try await site.client().createSlot() }
      }
      await #expect(throws: exists) { try await client.withSnapshotBeforeSlot { _ in } }
      try await eventually("that one is left") { try await site.slots() == [site.name] }
      await #expect(throws: ReplicationError.self) {
        try await client.withSnapshotBeforeSlot(SlotOptions(isTwoPhase: true)) { _ in }
      }
    }
  }
}
