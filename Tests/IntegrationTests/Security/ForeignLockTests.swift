import Foundation
import PGWire
import ReplicationCore
import Testing

/// Any role that may log in can hold any advisory lock, for as long as it likes.
@Suite struct ForeignLockTests {
  /// A session of another role that holds both locks of the slot.
  private func intruder(_ site: Site) async throws -> WireConnection {
    let role = "\(site.name)role"
    try await site.sql.run("CREATE ROLE \(role) LOGIN PASSWORD 'secret'")
    let sql = try await WireConnection.connect(try site.options(user: role, password: "secret"))
    // "pgcd" and "pgrs", as numbers.
    for key in [1_885_823_844, 1_885_827_699] {
      try await sql.run("SELECT pg_advisory_lock(\(key), hashtext('\(site.name)'))")
      // The same numbers, but as one key, are another lock.
      try await sql.run(
        "SELECT pg_advisory_lock(\(key)::int8 << 32 | hashtext('\(site.name)')::oid::int8)")
    }
    return sql
  }

  @Test(arguments: TestServer.all)
  func `a slot is taken over all the same`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let sql = try await intruder(site)
      let holder = try site.client()
      try await holder.ensureSlot()
      let duplex = try await holder.startReplication()
      let other = try site.client()
      let ended = try await other.takeOver(TakeOverPolicy(user: site.options.user))
      #expect(ended != nil)
      await (try await other.startReplication()).close()
      await duplex.close()
      sql.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a snapshot is read all the same`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY); INSERT INTO t VALUES (1")
      let sql = try await intruder(site)
      let file = FileManager.default.temporaryDirectory.appending(path: "it-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: file) }
      let store = FileCheckpointStore(path: file.path)
      var count = 0
      let client = try site.client()
      try await client.ensureSnapshot(recordedIn: store) { snapshot in
        count = try await SnapshotRows.all(of: snapshot).changes.count
      }
      #expect(count == 1)
      sql.close()
    }
  }
}
