import ChangeSinks
import PGWire
import Testing

@testable import RedisSink

/// Which servers are durable, by what they say of themselves.
@Suite struct RedisDurabilityTests {
  private func facts(_ settings: String..., canWait: Bool = false) -> RedisServerFacts {
    var facts = RedisServerFacts()
    facts.note(settings: settings)
    facts.canWaitForDisk = canWait
    return facts
  }

  private func reason(_ facts: RedisServerFacts) -> String? {
    if case .missing(let reason) = facts.durability { reason } else { nil }
  }

  @Test func `a file that is synchronized before each answer is durable`() {
    #expect(facts("appendonly", "yes", "appendfsync", "always").durability == .atAnswer)
  }

  @Test func `a file that is synchronized each second is waited for`() {
    let settings = facts("appendonly", "yes", "appendfsync", "everysec", canWait: true)
    #expect(settings.durability == .afterWait)
    let old = reason(facts("appendonly", "yes", "appendfsync", "everysec"))
    #expect(old?.hasPrefix("appendfsync is everysec") == true)
  }

  @Test func `the setting that loses data is named`() {
    let no = reason(facts("appendonly", "no", "appendfsync", "always", canWait: true))
    #expect(no?.hasPrefix("appendonly is no") == true)
    let never = reason(facts("appendonly", "yes", "appendfsync", "no", canWait: true))
    #expect(never?.hasPrefix("appendfsync is no") == true)
    let rewriting = facts(
      "appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite", "yes")
    #expect(reason(rewriting)?.hasPrefix("no-appendfsync-on-rewrite") == true)
  }

  @Test func `a server that evicts streams is not durable`() {
    let durable = ["appendonly", "yes", "appendfsync", "always"]
    var evicting = RedisServerFacts()
    evicting.note(settings: durable + ["maxmemory", "1000", "maxmemory-policy", "allkeys-lru"])
    #expect(reason(evicting)?.hasPrefix("maxmemory-policy is allkeys-lru") == true)
    // Streams have no time to live.
    evicting.note(settings: ["maxmemory-policy", "volatile-lru"])
    #expect(evicting.durability == .atAnswer)
    evicting.note(settings: ["maxmemory", "0", "maxmemory-policy", "allkeys-lru"])
    #expect(evicting.durability == .atAnswer)
  }

  @Test func `what a server does not say remains unknown`() {
    #expect(RedisServerFacts().durability == .unknown)
    var facts = RedisServerFacts()
    facts.note(info: "# Persistence\r\naof_enabled:1\r\n# Cluster\r\ncluster_enabled:0\r\n")
    #expect(facts.isCluster == false)
    #expect(facts.durability == .unknown)
    facts.canWaitForDisk = true
    #expect(facts.durability == .afterWait)
    facts.note(info: "aof_enabled:0\r\ncluster_enabled:1\r\n")
    #expect(facts.isCluster == true)
    #expect(reason(facts)?.hasPrefix("appendonly is no") == true)
  }
}

/// The same with the server, whose settings are changed; no other test asks for durability.
@Suite(
  .enabled(if: TestRedis.isThere, "SKIPPED: no server of Redis"), .serialized,
  .timeLimit(.minutes(5)))
struct RedisServerDurabilityTests {
  @Test func `a server that is not durable is refused, with the setting's name`() async throws {
    try await withTrial { trial in
      var trial = trial
      trial.options.requiresDurability = true
      let admin = trial.admin
      let file = try await admin.setting("appendonly")
      let sync = try await admin.setting("appendfsync")

      try await admin.call("CONFIG", "SET", "appendonly", "no")
      var error = try await sinkError { _ = try await trial.engine().open(slot: trial.slot) }
      #expect(error.category == .needsOperator)
      #expect(error.reason.contains("appendonly"))
      #expect(error.reason.contains("requiresDurability"))

      try await admin.call("CONFIG", "SET", "appendonly", "yes")
      try await admin.call("CONFIG", "SET", "appendfsync", "no")
      error = try await sinkError { _ = try await trial.engine().open(slot: trial.slot) }
      #expect(error.reason.contains("appendfsync is no"))

      try await admin.call("CONFIG", "SET", "appendfsync", "always")
      try trial.insertOrders([1])
      try await trial.replicate()
      #expect(try await trial.entries().count == 1)

      try await admin.call("CONFIG", "SET", "appendfsync", "everysec")
      if try await waitsForDisk(admin) {
        try trial.insertOrders([2])
        try await trial.replicate()
        #expect(try await trial.entries().count == 2)
      } else {
        error = try await sinkError { _ = try await trial.engine().open(slot: trial.slot) }
        #expect(error.reason.contains("appendfsync is everysec"))
      }
      try await admin.call("CONFIG", "SET", "appendfsync", sync)
      try await admin.call("CONFIG", "SET", "appendonly", file)
    }
  }

  @Test func `a value that the server would not take is named`() async throws {
    try await withTrial { trial in
      let admin = trial.admin
      let usual = try await admin.setting("proto-max-bulk-len")
      try trial.insertOrders([1])
      try trial.insertOrders([2], item: String(repeating: "x", count: 2 << 20))
      try await admin.call("CONFIG", "SET", "proto-max-bulk-len", String(1 << 20))
      let error = try await sinkError { try await trial.replicate() }
      try await admin.call("CONFIG", "SET", "proto-max-bulk-len", usual)
      #expect(error.category == .needsOperator)
      #expect(error.reason.contains("proto-max-bulk-len"))

      try await trial.replicate()
      #expect(try await trial.entries().map(\.summary) == insertedOrders([1, 2]))
    }
  }

  private func waitsForDisk(_ admin: RedisAdmin) async throws -> Bool {
    do throws(SinkError) {
      return try await admin.call("WAITAOF", "0", "0", "0").elements?.count == 2
    } catch {
      guard error.reason.contains("unknown command") else { throw error }
      return false
    }
  }
}
