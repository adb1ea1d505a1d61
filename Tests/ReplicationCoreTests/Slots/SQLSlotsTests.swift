import Testing

@testable import ReplicationCore

/// The commands that make and change slots, by the server's version.
@Suite struct SlotCommandTests {
  private func create(
    _ server: Int, _ snapshot: SlotSnapshotAction = .nothing, temporary: Bool = false,
    twoPhase: Bool? = nil, failover: Bool? = nil
  ) throws -> String {
    try SQL.createSlot(
      SlotName("s"), plugin: "pg\"out", temporary: temporary, snapshot: snapshot,
      SlotOptions(isTwoPhase: twoPhase, isFailover: failover), server: server
    ).text
  }

  @Test func `old servers take words, newer ones options`() throws {
    let head = #"CREATE_REPLICATION_SLOT "s" LOGICAL "pg""out" "#
    #expect(try create(13) == head + "NOEXPORT_SNAPSHOT")
    #expect(try create(14, .export) == head + "EXPORT_SNAPSHOT")
    #expect(try create(14, .use) == head + "USE_SNAPSHOT")
    #expect(try create(15) == head + #"("snapshot" 'nothing')"#)
    #expect(
      try create(15, .export, twoPhase: true)
        == head + #"("snapshot" 'export', "two_phase" 'true')"#)
    #expect(
      try create(17, .use, twoPhase: true, failover: true)
        == head + #"("snapshot" 'use', "two_phase" 'true', "failover" 'true')"#)
    #expect(
      try create(13, temporary: true)
        == #"CREATE_REPLICATION_SLOT "s" TEMPORARY LOGICAL "pg""out" NOEXPORT_SNAPSHOT"#)
    #expect(try create(17, twoPhase: false, failover: false) == head + #"("snapshot" 'nothing')"#)
  }

  @Test func `what a server can't do is an error that names the one that can`() throws {
    #expect(
      throws: ReplicationError.requiresServer(
        feature: "the option two_phase", since: 15, found: 14)
    ) { try create(14, twoPhase: true) }
    #expect(
      throws: ReplicationError.requiresServer(feature: "a slot with failover", since: 17, found: 16)
    ) { try create(16, failover: true) }
    #expect(throws: ReplicationError.self) { try create(17, temporary: true, failover: true) }
    func check(_ server: Int, _ plugin: String) throws(ReplicationError) {
      try SlotOptions(isTwoPhase: true)
        .check(server: server, plugin: plugin, temporary: false, command: false)
    }
    try check(14, "test_decoding")
    #expect(throws: ReplicationError.self) { try check(14, "pgoutput") }
    #expect(throws: ReplicationError.self) { try check(13, "test_decoding") }
  }

  @Test func `slots are altered as far as the server can`() throws {
    func alter(_ server: Int, _ options: SlotOptions) throws -> String {
      try SQL.alterSlot(SlotName("s"), options, server: server).text
    }
    #expect(
      try alter(17, SlotOptions(isFailover: false))
        == #"ALTER_REPLICATION_SLOT "s" ("failover" 'false')"#)
    #expect(
      try alter(18, SlotOptions(isTwoPhase: true, isFailover: true))
        == #"ALTER_REPLICATION_SLOT "s" ("failover" 'true', "two_phase" 'true')"#)
    #expect(throws: ReplicationError.self) { try alter(16, SlotOptions(isFailover: true)) }
    #expect(throws: ReplicationError.self) { try alter(17, SlotOptions(isTwoPhase: true)) }
    #expect(throws: ReplicationError.self) { try alter(18, SlotOptions()) }
  }
}
