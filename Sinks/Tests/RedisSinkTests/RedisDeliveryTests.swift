import ChangeSinks
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import RedisSink

/// What arrives in the streams.
@Suite(.enabled(if: TestRedis.isThere, "SKIPPED: no server of Redis"), .timeLimit(.minutes(10)))
struct RedisDeliveryTests {
  @Test func `records arrive in order, and their ids are their places`() async throws {
    try await withTrial([.orders, .customers]) { trial in
      try trial.database.commit { changes in
        try changes.insert(into: "orders", ["id": 1, "item": "apple"])
        try changes.insert(into: "customers", ["id": 1, "name": "ada"])
        try changes.insert(into: "orders", ["id": 2, "item": "pear"])
      }
      let between = trial.database.currentLSN
      try trial.database.commit { changes in
        try changes.update("orders", where: ["id": 1], set: ["item": "plum"])
        try changes.delete(from: "orders", where: ["id": 2])
      }
      try await trial.replicate()

      let entries = try await trial.entries()
      #expect(
        entries.map(\.summary) == [
          #"public.orders {"id":1}"#, #"public.customers {"id":1}"#, #"public.orders {"id":2}"#,
          #"public.orders {"id":1}"#, #"public.orders {"id":2}"#, #"public.orders {"id":2} gone"#,
        ])
      #expect(entries.map(\.position.index) == [0, 1, 2, 0, 1, 2])
      expectAscending(entries)
      #expect(entries.prefix(3).allSatisfy { $0.position.lsn <= between })
      #expect(entries.dropFirst(3).allSatisfy { $0.position.lsn > between })

      let state = try await trial.state()
      #expect(state.position == entries.last?.position)
      #expect(state.checkpoint?.slot == trial.slot)
    }
  }

  @Test func `nothing arrives twice when it is started again`() async throws {
    try await withTrial { trial in
      for id in 1...5 {
        try trial.insertOrders([id])
        try await trial.replicate()
      }
      #expect(try await trial.entries().map(\.summary) == insertedOrders(1...5))
    }
  }

  @Test func `a record of a table without a key has none`() async throws {
    let lines = TestTable("lines", columns: [.column("text", .text)])
    try await withTrial([lines]) { trial in
      try trial.database.commit { try $0.insert(into: "lines", ["text": "one"]) }
      try await trial.replicate()
      let entries = try await trial.entries()
      #expect(entries.count == 1)
      #expect(entries.first?.key == nil)
      let value = String(decoding: entries.first?.value ?? [], as: UTF8.self)
      #expect(value.contains("one"))
    }
  }

  @Test func `the rows of a snapshot come first`() async throws {
    try await withTrial(hasSlot: false) { trial in
      try trial.insertOrders(1...3)
      try await trial.replicate(into: trial.engine(), snapshot: .initial())
      try trial.insertOrders(4...5)
      try await trial.replicate(into: trial.engine(), snapshot: .initial())
      let entries = try await trial.entries()
      #expect(entries.filter { $0.key != nil }.map(\.summary) == insertedOrders(1...5))
      expectAscending(entries)
    }
  }

  @Test func `fields have the names that were chosen`() async throws {
    try await withTrial { trial in
      var trial = trial
      trial.options.fields = RedisFieldNames(key: "k", value: "v", tombstone: "gone")
      try trial.insertOrders([1])
      try trial.database.commit { try $0.delete(from: "orders", where: ["id": 1]) }
      try await trial.replicate()

      let reply = try await trial.admin.call("XRANGE", trial.ordersKey, "-", "+")
      let names = (reply.elements ?? []).map { entry in
        let fields = entry.elements?.last?.elements ?? []
        return stride(from: 0, to: fields.count, by: 2).map { fields[$0].text ?? "" }
      }
      #expect(names == [["k", "v"], ["k", "v"], ["k", "gone"]])
      #expect(try await trial.entries().count == 3)
    }
  }

  @Test func `a stream keeps about as many entries as was asked for`() async throws {
    try await withTrial { trial in
      var trial = trial
      trial.options.maximumLength = 100
      for start in stride(from: 1, through: 2000, by: 500) {
        try trial.insertOrders(start..<(start + 500))
      }
      try await trial.replicate()
      let entries = try await trial.entries()
      // Nodes of a stream have 100 entries by default, and are removed whole.
      #expect((100..<500).contains(entries.count))
      #expect(entries.last?.summary == insertedOrders([2000]).first)
    }
  }

  @Test func `many entries are read in pages`() async throws {
    try await withTrial { trial in
      try trial.insertOrders(1...2500)
      try await trial.replicate()
      #expect(try await trial.entries().map(\.summary) == insertedOrders(1...2500))

      let reader = RedisReader(trial.options)
      let first = try await reader.entries(of: "public.orders", limit: 7)
      #expect(first.map(\.position.index) == Array(0...6))
      let next = try await reader.entries(
        of: "public.orders", after: first.last?.position, limit: 2)
      #expect(next.map(\.position.index) == [7, 8])
      #expect(try await reader.topics() == ["public.orders"])
    }
  }
}
