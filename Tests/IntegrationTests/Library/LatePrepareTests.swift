import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Transactions that were prepared before their slot was made for two phases.
@Suite struct LatePrepareTests {
  /// The server sends such a transaction only when it commits, right before that, with the position
  /// of its prepare; the consumer has long passed that.
  @Test(arguments: TestServer.newest)
  func `are delivered with their changes`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY)")
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      func take(_ change: (inout ReplicationParams) -> Void) async throws -> [String] {
        let end = try await site.currentLSN()
        let params = site.params { params in
          params.stopAt = end
          change(&params)
        }
        let subscription = try Subscription(params)
        var taken: [String] = []
        for try await transaction in subscription.transactions {
          var ids: [Int32] = []
          for try await change in transaction.changes {
            guard case .insert(let row) = change else { continue }
            ids.append(try row.withRow { try $0["id", as: Int32.self] })
          }
          taken.append("\(transaction.kind) \(ids)")
          transaction.acknowledge()
        }
        #expect(try await subscription.close(confirmedWithin: .seconds(10)))
        return taken
      }
      try await site.sql.run(
        "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '\(site.name)'")
      try await site.sql.run("INSERT INTO t VALUES (2)")
      #expect(try await take { _ in } == ["committed [2]"])
      let converted = try await take {
        $0.twoPhase = true
        $0.convertsToTwoPhase = true
      }
      #expect(converted.isEmpty)
      try await site.sql.run("COMMIT PREPARED '\(site.name)'")
      try await site.sql.run("INSERT INTO t VALUES (3)")
      let taken = try await take { $0.twoPhase = true }
      let kinds: [ReplicationTransaction.Kind] = [
        .prepared(gid: site.name), .commitPrepared(gid: site.name), .committed,
      ]
      #expect(taken == zip(kinds, ["[1]", "[]", "[3]"]).map { "\($0) \($1)" })
      #expect(try await take { $0.twoPhase = true } == [])
    }
  }
}
