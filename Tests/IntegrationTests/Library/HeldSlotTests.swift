import Foundation
import PGWire
import ReplicationCore
import Testing

/// Slots that another session has.
@Suite struct HeldSlotTests {
  /// A client whose sessions have a name of their own.
  private func client(_ site: Site, _ name: String) throws -> Client {
    let options = try site.options(["application_name": name])
    return try site.client { $0.connection = options }
  }

  @Test(arguments: TestServer.all)
  func `the error says who holds the slot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let holder = try client(site, "the \"holder\"")
      try await holder.ensureSlot()
      let duplex = try await holder.startReplication()
      let other = try client(site, "other")
      let pid = try await other.slot()?.activePID
      let start = await #expect(throws: ReplicationError.self) {
        try await other.startReplication()
      }
      let drop = await #expect(throws: ReplicationError.self) { try await other.dropSlot() }
      let wait = await #expect(throws: ReplicationError.self) {
        try await other.waitForSlot(deadline: .now + .milliseconds(50))
      }
      for error in [start, drop, wait] {
        guard case .slotActive(let conflict) = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(error?.isSlotActive == true)
        #expect(conflict.holder?.pid == pid)
        #expect(conflict.holder?.applicationName == "the \"holder\"")
        #expect(conflict.holder?.user == site.options.user)
        #expect(conflict.holder?.connectedSince != nil)
        #expect(conflict.holder?.backendType == "walsender")
      }
      #expect(start?.sqlState == .objectInUse && drop?.sqlState == .objectInUse)
      let closing = Task {
        try await Task.sleep(for: .milliseconds(300))
        await duplex.close()
      }
      #expect(try await other.dropSlot(deadline: .now + .seconds(20)))
      try await closing.value
      await #expect(throws: ReplicationError.slotMissing(site.name)) {
        try await other.waitForSlot()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot is taken over from its own former holder only`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let former = try client(site, "mine")
      try await former.ensureSlot()
      let old = try await former.startReplication()
      let pid = try await former.slot()?.activePID
      let now = try client(site, "mine")
      let refused = await #expect(throws: ReplicationError.self) {
        try await now.takeOver(TakeOverPolicy(applicationName: "another's"))
      }
      guard case .takeOverRefused(site.name, .notOurs(let found, _)) = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(found.pid == pid)
      #expect(try await former.slot()?.activePID == pid)
      await #expect(throws: ReplicationError.self) { try await now.takeOver(TakeOverPolicy()) }
      // Who was refused stands in nobody's way, however often it tries.
      let another = try client(site, "another's")
      for taker in [another, now, another] {
        let refused = await #expect(throws: ReplicationError.self) {
          try await taker.takeOver(TakeOverPolicy(applicationName: "another's"))
        }
        guard case .takeOverRefused(_, .notOurs) = refused else {
          Issue.record("\(String(describing: refused))")
          return
        }
      }
      let ended = try await now.takeOver(TakeOverPolicy(applicationName: "mine"))
      #expect(ended?.pid == pid)
      let new = try await now.startReplication()
      await #expect(throws: ReplicationError.self) { while try await old.recv() != nil {} }
      #expect(try await site.isActive())
      await new.close()
      #expect(try await now.takeOver(TakeOverPolicy(applicationName: "mine")) == nil)
    }
  }

  @Test(arguments: TestServer.all)
  func `of two takers one wins, and the other is told`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let former = try client(site, "mine")
      try await former.ensureSlot()
      let old = try await former.startReplication()
      let policy = TakeOverPolicy(applicationName: "mine")
      let takers = try (0..<4).map { _ in try client(site, "mine") }
      let outcomes = await withTaskGroup(of: Result<ServerSession?, ReplicationError>.self) {
        group in
        for taker in takers {
          group.addTask {
            do throws(ReplicationError) {
              return .success(try await taker.takeOver(policy))
            } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let winners = outcomes.filter { if case .success = $0 { true } else { false } }
      #expect(winners.count == 1)
      for case .failure(let error) in outcomes {
        guard case .takeOverRefused(site.name, .contested) = error else {
          Issue.record("\(error)")
          continue
        }
      }
      await old.close()
    }
  }

  @Test(arguments: TestServer.startable)
  func `a holder that does not end is an error that names it`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let former = try client(site, "mine")
      try await former.ensureSlot()
      let old = try await former.startReplication()
      let pid = try #require(try await former.slot()?.activePID)
      try #require(kill(pid, SIGSTOP) == 0)
      defer { kill(pid, SIGCONT) }
      let error = await #expect(throws: ReplicationError.self) {
        try await client(site, "mine").takeOver(
          TakeOverPolicy(applicationName: "mine", timeout: .milliseconds(400)))
      }
      guard case .takeOverRefused(_, .stillHeld(let holder, _)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(holder.pid == pid)
      kill(pid, SIGCONT)
      await old.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a role without rights is told which it lacks`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let role = "\(site.name)r"
      try await site.sql.run("CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'p'")
      let former = try client(site, "mine")
      try await former.ensureSlot()
      let old = try await former.startReplication()
      let options = try site.options(user: role, password: "p")
      let weak = try site.client { $0.connection = options }
      let error = await #expect(throws: ReplicationError.self) {
        try await weak.takeOver(TakeOverPolicy(applicationName: "mine"))
      }
      guard case .takeOverRefused(_, .notAllowed(let holder, _)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      // What is hidden is not made up.
      #expect(holder.applicationName == "mine" && holder.connectedSince == nil)
      #expect("\(try #require(error))".contains("pg_signal_backend"))
      await old.close()
    }
  }
}
