import ChangeSinks
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import RedisSink

/// What a server refuses, and what is refused about a server.
@Suite(.enabled(if: TestRedis.isThere, "SKIPPED: no server of Redis"), .timeLimit(.minutes(5)))
struct RedisRefusalTests {
  @Test func `a key of another type stops the whole batch`() async throws {
    try await withTrial([.orders, .customers]) { trial in
      let key = trial.options.prefix + "public.customers"
      try await trial.admin.call("SET", key, "text")
      try trial.database.commit { changes in
        try changes.insert(into: "orders", ["id": 1])
        try changes.insert(into: "customers", ["id": 1])
      }
      let error = try await sinkError { try await trial.replicate() }
      #expect(error.category == .needsOperator)
      #expect(error.reason.contains(key))
      #expect(error.reason.contains("WRONGTYPE"))
      #expect(try await trial.entries().isEmpty)
      #expect(try await trial.state().position == nil)

      try await trial.admin.call("DEL", key)
      try await trial.replicate()
      #expect(try await trial.entries().count == 2)
    }
  }

  @Test func `an entry of another program stops the whole batch`() async throws {
    try await withTrial([.orders, .customers]) { trial in
      // Ids that Redis makes are times in milliseconds, which are above most positions.
      try await trial.admin.call("XADD", trial.ordersKey, "*", "a", "b")
      try trial.database.commit { changes in
        try changes.insert(into: "customers", ["id": 1])
        try changes.insert(into: "orders", ["id": 1])
      }
      let error = try await sinkError { try await trial.replicate() }
      #expect(error.category == .needsOperator)
      #expect(error.reason.contains(trial.ordersKey))
      #expect(try await trial.admin.call("XLEN", trial.ordersKey).integer == 1)
      let customers = trial.options.prefix + "public.customers"
      #expect(try await trial.admin.call("EXISTS", customers).integer == 0)
      #expect(try await trial.state().position == nil)

      try await trial.admin.call("DEL", trial.ordersKey)
      try await trial.replicate()
      #expect(try await trial.entries().count == 2)
    }
  }

  @Test func `ids are compared as numbers`() async throws {
    try await withTrial { trial in
      // As text this would be above every position that begins with a smaller digit.
      try await trial.admin.call("XADD", trial.ordersKey, "9-9", "value", "earlier")
      try trial.insertOrders([1])
      try await trial.replicate()
      let entries = try await trial.entries()
      #expect(entries.count == 2)
      #expect(entries.last?.summary == insertedOrders([1]).first)
    }
  }

  @Test func `a server that lost acknowledged records is noticed`() async throws {
    try await withTrial { trial in
      try trial.insertOrders([1])
      try await trial.replicate()
      let saved = try await trial.admin.call("HMGET", trial.stateKey, "checkpoint", "position")
      let values = try #require(saved.elements).map { $0.text ?? "" }
      try trial.insertOrders([2])
      try await trial.replicate()

      // As after a crash without a durable file.
      try await trial.admin.call(
        "HSET", trial.stateKey, "checkpoint", values[0], "position", values[1])
      try await trial.admin.call("DEL", trial.ordersKey)
      await #expect(throws: ReplicationError.self) { try await trial.replicate() }
      #expect(try await trial.entries().isEmpty)
    }
  }

  @Test func `an engine notices that its server has lost everything`() async throws {
    try await withTrial { trial in
      let engine = trial.engine()
      try trial.insertOrders([1])
      try await trial.replicate(into: engine)
      try await trial.admin.removeKeys(trial.options.prefix)
      try trial.insertOrders([2])
      for _ in 1...2 {
        let error = try await sinkError { try await trial.replicate(into: engine) }
        #expect(error.category == .fatal)
        #expect(error.reason.contains(trial.stateKey))
      }
    }
  }

  @Test func `a state that can't be read is not taken for none`() async throws {
    try await withTrial { trial in
      for (field, value) in [("checkpoint", "rubbish"), ("position", "12")] {
        try await trial.admin.call("HSET", trial.stateKey, field, value)
        let error = try await sinkError { _ = try await trial.engine().open(slot: trial.slot) }
        #expect(error.category == .fatal)
        #expect(error.reason.contains(trial.stateKey))
        try await trial.admin.call("DEL", trial.stateKey)
      }
      try await trial.admin.call("SET", trial.stateKey, "text")
      let error = try await sinkError { _ = try await trial.engine().open(slot: trial.slot) }
      #expect(error.category == .needsOperator)
    }
  }

  @Test func `a wrong password needs an operator, and is not printed`() async throws {
    try await withTrial { trial in
      let user = trial.slot
      try await trial.admin.call("ACL", "SETUSER", user, "on", ">sesame", "~*", "+@all")
      var options = trial.options
      options.user = user
      options.password = .text("mistaken")
      let refused = RedisEngine(options)
      let error = try await sinkError { _ = try await refused.open(slot: trial.slot) }
      #expect(error.category == .needsOperator)
      #expect(error.reason.contains("WRONGPASS"))
      #expect(!"\(error)".contains("mistaken"))
      #expect(!"\(options)".contains("mistaken"))

      options.password = .text("sesame")
      _ = try await RedisEngine(options).open(slot: trial.slot)
      try await trial.admin.call("ACL", "DELUSER", user)
    }
  }

  @Test func `a user who may not read settings can write`() async throws {
    try await withTrial { trial in
      var trial = trial
      let user = trial.slot
      try await trial.admin.call(
        "ACL", "SETUSER", user, "on", ">sesame", "~\(trial.options.prefix)*", "+@all", "-config",
        "-info")
      trial.options.user = user
      trial.options.password = .text("sesame")
      trial.options.requiresDurability = true
      try trial.insertOrders([1])
      try await trial.replicate()
      #expect(try await trial.entries().count == 1)
      try await trial.admin.call("ACL", "DELUSER", user)
    }
  }

  @Test func `replicas that do not exist can't have it`() async throws {
    try await withTrial { trial in
      var options = trial.options
      options.replicas = 20
      options.timeout = .seconds(4)
      let engine = RedisEngine(options)
      let error = try await sinkError { _ = try await engine.open(slot: trial.slot) }
      #expect(error.category == .transient)
      #expect(error.reason.contains("of 20 replicas"))
    }
  }
}
