import ChangeSinks
import PGWire
import RedisSink
import ReplicationCore
import ReplicationTestKit
import Testing

/// Two connectors for one slot.
@Suite(.enabled(if: TestRedis.isThere, "SKIPPED: no server of Redis"), .timeLimit(.minutes(5)))
struct RedisTakeOverTests {
  @Test func `the one that opened the state last is the only one that writes`() async throws {
    try await withTrial { trial in
      try trial.insertOrders([1])
      let connector = try trial.connector(into: trial.engine(), isEndless: true)
      let run = Task { try await connector.run() }
      defer { run.cancel() }
      try await eventually("the first order arrives") {
        try await trial.entries().count == 1
      }

      let second = trial.engine()
      _ = try await second.open(slot: trial.slot)
      try trial.insertOrders([2])
      let result = await run.result
      let error = try #require(result.failure)
      #expect("\(error)".contains("another connector has taken over"))
      #expect(try await trial.entries().map(\.summary) == insertedOrders([1]))

      try await trial.replicate()
      #expect(try await trial.entries().map(\.summary) == insertedOrders([1, 2]))
    }
  }

  @Test func `an error of taking over is not tried again`() async throws {
    try await withTrial { trial in
      let (first, second) = (trial.engine(), trial.engine())
      let checkpoint = Checkpoint(
        position: LSN(rawValue: 7), systemID: "1", timeline: 1, slot: trial.slot)
      _ = try await first.open(slot: trial.slot)
      _ = try await second.open(slot: trial.slot)
      let error = try await sinkError { try await first.save(checkpoint) }
      #expect(error.category == .fatal)
      #expect(try await trial.state().checkpoint == nil)
      try await second.save(checkpoint)
      #expect(try await trial.state().checkpoint == checkpoint)
    }
  }

  @Test func `slots do not disturb each other`() async throws {
    try await withTrial { trial in
      let (first, second) = (trial.engine(), trial.engine())
      let checkpoint = Checkpoint(
        position: LSN(rawValue: 7), systemID: "1", timeline: 1, slot: "one")
      _ = try await first.open(slot: "one")
      _ = try await second.open(slot: "two")
      try await first.save(checkpoint)
      let reader = RedisReader(trial.options)
      #expect(try await reader.state(of: "one").checkpoint == checkpoint)
      #expect(try await reader.state(of: "two").checkpoint == nil)
    }
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
