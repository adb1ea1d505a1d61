import PGWire
import TestSupport
import Testing

@testable import ReplicationCore

/// What a subscription's items amount to, with a scripted source in place of a server.
@Suite struct ItemDeliveryTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func `a mirror ends as the source does`(seed: UInt64) async throws {
    try await offPoolAsync {
      var random = RepeatableGenerator(seed: seed)
      let history = RandomIncrementalTests.history(seed, hasPartialMoves: true, &random)
      let source = ScriptedSource(history, seed: seed)
      var consumer = ItemConsumer(source)
      try await consumer.run(failures: seed % 2 == 0 ? 0 : 6)
      #expect(consumer.faults == [])
      #expect(consumer.isWhole)
      #expect(consumer.rows == history.rows(after: { _ in true }))
      #expect(consumer.chunks >= 1)
    }
  }

  @Test(arguments: 100..<140 as Range<UInt64>)
  func `it does so though the consumer is killed again and again`(seed: UInt64) async throws {
    try await offPoolAsync {
      var random = RepeatableGenerator(seed: seed)
      let history = RandomIncrementalTests.history(seed, hasPartialMoves: true, &random)
      let source = ScriptedSource(history, seed: seed)
      var consumer = ItemConsumer(source)
      for _ in 0..<4 {
        try await consumer.run(items: Int.random(in: 1...5, using: &random), failures: 2)
      }
      if !consumer.isWhole { try await consumer.run() }
      #expect(consumer.faults == [])
      #expect(consumer.rows == history.rows(after: { _ in true }))
    }
  }

  @Test func `rows of a chunk that was passed over are refused`() async throws {
    try await offPoolAsync {
      var random = RepeatableGenerator(seed: 1)
      let history = RandomIncrementalTests.history(1, hasPartialMoves: false, &random)
      var consumer = ItemConsumer(ScriptedSource(history, seed: 1))
      consumer.passesChunksOver = true
      try await consumer.run()
      #expect(consumer.faults == [] && consumer.isWhole && consumer.passed > 0)
    }
  }

  /// Those rules whose absence shows in a few histories; others need an order of events that is rare
  /// here, and are left to the exploration of the machine alone.
  static var mutants: [WritableKeyPath<IncrementalRules, Bool>] {
    [\.comparesIDs, \.dropsWhileOpen, \.splitsKeyChanges, \.placesChunkFirst]
  }

  @Test(arguments: 0..<4)
  func `a rule that is left out shows`(index: Int) async throws {
    try await offPoolAsync {
      for seed in 0..<400 as Range<UInt64> {
        var random = RepeatableGenerator(seed: seed)
        let history = RandomIncrementalTests.history(seed, hasPartialMoves: true, &random)
        var consumer = ItemConsumer(ScriptedSource(history, seed: seed))
        consumer.rules[keyPath: Self.mutants[index]] = false
        try await consumer.run()
        let rows = history.rows(after: { _ in true })
        if !consumer.faults.isEmpty || consumer.rows != rows { return }
      }
      Issue.record("nobody misses it")
    }
  }
}
