import Foundation
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// Several hosts, of which one is chosen: for the stream and for what is done beside it.
@Suite struct SeveralHostsTests {
  private static let dead = ConnectionHost("127.0.0.1", port: 1)

  private func options(
    _ hosts: [ConnectionHost], like server: ConnectionOptions, _ target: TargetSession = .any,
    order: HostOrder = .asGiven
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      hosts: hosts, user: server.user, password: server.password, database: server.database,
      targetSession: target, hostOrder: order, connectTimeout: .seconds(20))
  }

  @Test(arguments: TestServer.all)
  func `a dead host is passed by, for the stream and for the slot`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      for target in [TargetSession.any, .readWrite, .primary, .preferStandby] {
        let options = try options([Self.dead] + site.options.hosts, like: site.options, target)
        let client = try site.client { $0.connection = options }
        try await client.ensureSlot()
        let duplex = try await client.startReplication()
        try await site.sql.run("INSERT INTO t VALUES (1); DELETE FROM t")
        var receiver = Receiver(duplex)
        let transaction = try #require(try await receiver.next())
        duplex.sendStatusUpdate(flush: transaction.endLSN)
        #expect(try await duplex.close(confirmedWithin: .seconds(20)))
        try await client.dropSlot()
      }
      for target in [TargetSession.standby, .readOnly] {
        let options = try options([Self.dead] + site.options.hosts, like: site.options, target)
        let error = await #expect(throws: PGWireError.self) {
          try await WireConnection.connect(options, replication: .database)
        }
        guard case .noHost(let failures) = error else {
          Issue.record("\(error as Any)")
          continue
        }
        #expect(failures.count == 2)
        #expect(failures.last?.error == .wrongSession(wanted: target))
        #expect(error?.isTransient == true)
        let beside = await #expect(throws: ReplicationError.self) {
          try await Client.slots(options)
        }
        guard case .control(.noHost(let failures)) = beside else {
          Issue.record("\(beside as Any)")
          continue
        }
        #expect(failures.last?.error == .wrongSession(wanted: target))
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a wrong password is wrong for all`(server: TestServer) async throws {
    try await onSite(server) { site in
      guard site.options.password != nil else { return }
      let hosts = site.options.hosts + site.options.hosts
      let wrong = try ConnectionOptions(
        hosts: hosts, user: site.options.user, password: Password("wrong"),
        database: site.options.database)
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(wrong)
      }
      guard case .server(let said) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(said.sqlState == .invalidPassword)
      let beside = await #expect(throws: ReplicationError.self) { try await Client.slots(wrong) }
      #expect(beside?.sqlState == .invalidPassword)
      #expect(beside?.category == .needsOperator)
    }
  }

  /// A standby is a server with `standby.signal`; one without a primary waits for it for ever.
  @Test(arguments: TestServer.startable)
  func `the primary or the standby is found`(server: TestServer) async throws {
    let version = server.version
    try await OwnServer.with(version: version) { standby in
      try Data().write(to: standby.data.appending(path: "standby.signal"))
      try await standby.restart(mode: "fast")
      let client = Mutex<Client?>(nil)
      try await OwnServer.with(version: version) { primary in
        let made = try await search(primary, standby)
        client.withLock { $0 = made }
      }
      // The primary that the client was with is gone, and it goes to the one that is there.
      let left = try #require(client.withLock { $0 })
      #expect(try await left.slot()?.name == "s")
    }
  }

  private func search(_ primary: OwnServer, _ standby: OwnServer) async throws -> Client {
    let local = try primary.localOptions()
    let sql = try await WireConnection.connect(local)
    try await sql.run("SELECT pg_create_physical_replication_slot('on_the_primary')")
    sql.close()
    let hosts = [
      ConnectionHost(standby.socketFolder, port: UInt16(standby.port)),
      ConnectionHost(primary.socketFolder, port: UInt16(primary.port)),
    ]
    let wanted: [(TargetSession, OwnServer)] = [
      (.any, standby), (.readWrite, primary), (.readOnly, standby), (.primary, primary),
      (.standby, standby), (.preferStandby, standby),
    ]
    for order in [HostOrder.asGiven, .random] {
      for (target, expected) in wanted where target != .any || order == .asGiven {
        let options = try options(hosts, like: local, target, order: order)
        let connection = try await WireConnection.connect(options, replication: .database)
        #expect(try await connection.value("SHOW port") == "\(expected.port)", "\(target)")
        connection.close()
        let isPrimary = try await Client.slots(options).count == 1
        #expect(isPrimary == (expected.port == primary.port), "\(target)")
      }
    }
    let params = ReplicationParams(
      connection: try options(hosts, like: local, .primary), slot: "s", publications: ["p"])
    let client = try Client(params)
    #expect(try await client.slot() == nil)
    let promoted = try await WireConnection.connect(standby.localOptions())
    try await promoted.run("SELECT pg_promote()")
    try await promoted.run("SELECT pg_create_physical_replication_slot('s')")
    promoted.close()
    // There are two primaries now: the one that was reached stays, until it is unavailable.
    #expect(try await client.slot() == nil)
    return client
  }
}
