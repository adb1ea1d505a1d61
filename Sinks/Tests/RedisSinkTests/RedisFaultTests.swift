import ChangeSinks
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import RedisSink

/// That each record is there once, wherever something fails.
@Suite(.enabled(if: TestRedis.isThere, "SKIPPED: no server of Redis"), .timeLimit(.minutes(15)))
struct RedisFaultTests {
  @Test func `it ends equal, whatever fails`() async throws {
    let operations = try await forEachFault { faults in
      try await withTrial { trial in
        try trial.insertOrders(1...3)
        try trial.insertOrders(4...10)
        trial.database.faults = faults
        // The process ends where something fails, and is started again.
        try await faults.restarting {
          try await trial.replicate(
            into: FaultyEngine(engine: trial.engine(), faults: faults), bytes: 500)
        }
        try trial.insertOrders(11...12)
        try await faults.restarting {
          try await trial.replicate(
            into: FaultyEngine(engine: trial.engine(), faults: faults), bytes: 500)
        }
        #expect(try await trial.entries().map(\.summary) == insertedOrders(1...12))
      }
    }
    // Connections, messages, and each write before and after.
    #expect(operations > 20)
  }

  @Test func `a death between a write and its acknowledgement leaves nothing twice`() async throws {
    try await withTrial { trial in
      for id in 1...20 { try trial.insertOrders([id]) }
      let dying = WatchedEngine(trial.engine(), after: { if $0 == 2 { throw Death() } })
      await #expect(throws: Death.self) { try await trial.replicate(into: dying, bytes: 500) }
      let written = try await trial.entries().count
      #expect((1..<20).contains(written))

      try await trial.replicate()
      #expect(try await trial.entries().map(\.summary) == insertedOrders(1...20))
    }
  }

  @Test func `a lost answer is found out about in the same process`() async throws {
    try await withTrial { trial in
      for id in 1...20 { try trial.insertOrders([id]) }
      let engine = WatchedEngine(
        trial.engine(),
        after: { number in
          if number == 2 { throw SinkError(engine: "test", .transient, "the answer is lost") }
        })
      let statistics = try await trial.replicate(into: engine, bytes: 500, retry: .atOnce)
      #expect(statistics.restarts == 1)
      #expect(try await trial.entries().map(\.summary) == insertedOrders(1...20))
    }
  }

  @Test func `a connection that is cut is opened again`() async throws {
    try await withTrial { trial in
      for id in 1...20 { try trial.insertOrders([id]) }
      let engine = WatchedEngine(
        trial.engine(),
        before: { number in
          guard number == 2 else { return }
          let killed = try await trial.admin.kill("pgcdc:\(trial.slot)")
          #expect(killed == 1)
        })
      let statistics = try await trial.replicate(into: engine, bytes: 500, retry: .atOnce)
      #expect(statistics.restarts == 1)
      #expect((statistics.lastFailure as? SinkError)?.category == .transient)
      #expect(try await trial.entries().map(\.summary) == insertedOrders(1...20))
    }
  }

  @Test func `a large transaction continues where it was torn`() async throws {
    try await withTrial { trial in
      let item = String(repeating: "x", count: 100)
      try trial.insertOrders(1...500, item: item)
      let dying = WatchedEngine(trial.engine(), after: { if $0 == 3 { throw Death() } })
      await #expect(throws: Death.self) { try await trial.replicate(into: dying, bytes: 4096) }

      let part = try await trial.entries()
      #expect((1..<500).contains(part.count))
      let state = try await trial.state()
      #expect(state.position == part.last?.position)
      let position = try #require(state.position)
      let checkpoint = try #require(state.checkpoint)
      #expect(position.lsn >= checkpoint.position)

      let engine = WatchedEngine(trial.engine())
      try await trial.replicate(into: engine, bytes: 4096)
      #expect(engine.writes > 3)
      let entries = try await trial.entries()
      #expect(entries.map(\.summary) == insertedOrders(1...500))
      #expect(entries.map(\.position.index) == (0..<500).map { UInt64($0) })
      #expect(Set(entries.map(\.position.lsn)).count == 1)
    }
  }

  @Test func `a server that does not answer is a transient error`() async throws {
    try await withTrial { trial in
      var options = trial.options
      options.timeout = .milliseconds(500)
      let engine = RedisEngine(options)
      _ = try await engine.open(slot: trial.slot)
      // Other tests wait for that long as well.
      try await trial.admin.call("CLIENT", "PAUSE", "1200", "WRITE")
      let error = try await sinkError { _ = try await engine.open(slot: trial.slot) }
      #expect(error.category == .transient)
      #expect(error.reason.contains("no answer within"))
    }
  }

  @Test func `an engine that is not open says so`() async throws {
    try await withTrial { trial in
      let engine = trial.engine()
      let checkpoint = Checkpoint(
        position: LSN(rawValue: 1), systemID: "1", timeline: 1, slot: trial.slot)
      let error = try await sinkError { try await engine.save(checkpoint) }
      #expect(error.category == .transient)
      _ = try await engine.open(slot: trial.slot)
      try await engine.save(checkpoint)
      #expect(try await trial.state().checkpoint == checkpoint)
      await engine.close()
      _ = try await sinkError { try await engine.save(checkpoint) }
    }
  }
}
