import ChangeSinks
import PGWire
import ReplicationCore
import Testing

@testable import NATSSink

/// The engine by itself: what it stores, and what it refuses.
@Suite(
  .enabled(if: TestNATS.url != nil, "PGCDC_NATS_URL is not set to a server with JetStream"),
  .timeLimit(.minutes(10)))
struct NATSEngineTests {
  private func checkpoint(at position: UInt64) -> Checkpoint {
    Checkpoint(position: LSN(rawValue: position), systemID: "1", timeline: 1, slot: "a")
  }

  @Test func `a checkpoint is found again`() async throws {
    try await TestNATS.withStream { options in
      let engine = NATSEngine(options)
      let empty = try await engine.open(slot: "a")
      #expect(empty.checkpoint == nil)
      #expect(empty.position == nil)
      for position in 1...3 { try await engine.save(checkpoint(at: UInt64(position))) }
      let state = try await engine.open(slot: "a")
      #expect(state.checkpoint == checkpoint(at: 3))
      #expect(state.position == nil)
      // Only the last one is kept.
      let info = try TestNATS.ask("STREAM.INFO.\(options.stream.name ?? "")", options)
      #expect(info["state"]?["messages"]?.integer == 1)
      await engine.close()
    }
  }

  @Test func `an earlier engine can't write once another is open`() async throws {
    try await TestNATS.withStream { options in
      let (frozen, next) = (NATSEngine(options), NATSEngine(options))
      _ = try await frozen.open(slot: "a")
      try await frozen.save(checkpoint(at: 1))
      _ = try await next.open(slot: "a")
      let error = await #expect(throws: SinkError.self) {
        try await frozen.save(checkpoint(at: 2))
      }
      #expect(error?.category == .transient)
      try await next.save(checkpoint(at: 3))
      #expect(try await next.open(slot: "a").checkpoint == checkpoint(at: 3))
      // It has to be opened again.
      await #expect(throws: SinkError.self) { try await frozen.save(checkpoint(at: 4)) }
      await frozen.close()
      await next.close()
    }
  }

  @Test func `two connectors that write in turn are reported`() async throws {
    try await TestNATS.withStream { options in
      let (one, other) = (NATSEngine(options), NATSEngine(options))
      var categories: [ErrorCategory] = []
      for position in 1...3 {
        _ = try await one.open(slot: "a")
        _ = try await other.open(slot: "a")
        do {
          try await one.save(checkpoint(at: UInt64(position)))
        } catch let error as SinkError {
          categories.append(error.category)
        }
      }
      #expect(categories == [.transient, .transient, .needsOperator])
      await one.close()
      await other.close()
    }
  }

  @Test func `a checkpoint outlives the other messages`() async throws {
    try await TestNATS.withStream({ $0.stream.maxAge = .seconds(2) }) { options in
      let stream = try #require(options.stream.name)
      let engine = NATSEngine(options)
      _ = try await engine.open(slot: "a")
      try await engine.save(checkpoint(at: 1))
      try TestNATS.publish("short-lived", on: "\(stream).x", options)
      try await Task.sleep(for: .seconds(4))
      let info = try TestNATS.ask("STREAM.INFO.\(stream)", options)
      #expect(info["state"]?["messages"]?.integer == 1)
      // The last message is gone; a server that is behind would look the same.
      await #expect(throws: SinkError.self) { try await engine.open(slot: "a") }
      #expect(try await engine.open(slot: "a").checkpoint == checkpoint(at: 1))
      await engine.close()
    }
  }

  @Test func `the stream of another slot is refused`() async throws {
    try await TestNATS.withStream { options in
      let engine = NATSEngine(options)
      _ = try await engine.open(slot: "a")
      let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "b") }
      #expect(error?.category == .needsOperator)
      #expect(error?.reason.contains("slot a") == true)
      await engine.close()
    }
  }

  @Test func `a stream that was purged is refused`() async throws {
    try await TestNATS.withStream { options in
      let engine = NATSEngine(options)
      _ = try await engine.open(slot: "a")
      try await engine.save(checkpoint(at: 1))
      try TestNATS.ask("STREAM.PURGE.\(options.stream.name ?? "")", options)
      let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "a") }
      #expect(error?.reason.contains("no stored checkpoint") == true)
      await engine.close()
    }
  }

  @Test(arguments: [
    (#""subjects":["NAME.>"]"#, "needs"),
    (#""subjects":["NAME.>","NAME-checkpoint","NAME_more"]"#, "no others"),
    (#""subjects":["NAME.>","NAME-checkpoint"],"retention":"workqueue""#, "retention"),
    (#""subjects":["NAME.>","NAME-checkpoint"],"retention":"interest""#, "retention"),
    (#""subjects":["NAME.>","NAME-checkpoint"],"storage":"memory""#, "memory"),
    (#""subjects":["NAME.>","NAME-checkpoint"],"max_age":3600000000000"#, "allow_msg_ttl"),
    (#""subjects":["NAME.>","NAME-checkpoint"],"no_ack":true"#, "no_ack"),
  ])
  func `a stream that can't keep what it is given is refused`(
    _ config: String, _ words: String
  ) async throws {
    try await TestNATS.withStream { options in
      let name = try #require(options.stream.name)
      let body = #"{"name":"NAME","# + config + "}"
      let answer = try TestNATS.ask(
        "STREAM.CREATE.\(name)", options, body.replacing("NAME", with: name))
      #expect(APIFailure(answer) == nil)
      let engine = NATSEngine(options)
      let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "a") }
      #expect(error?.category == .needsOperator)
      #expect(error?.reason.contains(words) == true)
      await engine.close()
    }
  }

  @Test func `a stream that is missing is not created unless that is wanted`() async throws {
    try await TestNATS.withStream({ $0.stream.isCreated = false }) { options in
      let engine = NATSEngine(options)
      let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "a") }
      #expect(error?.category == .needsOperator)
      await engine.close()
    }
  }

  @Test func `no server is an error that may pass`() async throws {
    var options = try NATSOptions("nats://user:geheim@127.0.0.1:1")
    options.timeout = .seconds(2)
    let engine = NATSEngine(options)
    let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "a") }
    #expect(error?.category == .transient)
    #expect(error?.description.contains("127.0.0.1:1") == true)
    #expect(error?.description.contains("geheim") == false)
  }
}
