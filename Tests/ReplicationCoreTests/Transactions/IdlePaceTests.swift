import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

/// A checkpoint that moves only because the server's log does.
@Suite struct IdlePaceTests {
  private final class CountingStore: CheckpointStore {
    let saves = Atomic<Int>(0)
    let last = Atomic<UInt64>(0)

    func load() async throws -> Checkpoint? { nil }

    func save(_ checkpoint: Checkpoint) async throws {
      saves.add(1, ordering: .relaxed)
      last.store(checkpoint.position.rawValue, ordering: .releasing)
    }
  }

  private static func waited(for condition: () -> Bool) async throws -> Bool {
    for _ in 0..<5000 {
      if condition() { return true }
      try await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  @Test(.timeLimit(.minutes(15))) func `is saved with a delay, unless the server waits`()
    async throws
  {
    let store = CountingStore()
    let slow = Acknowledgements(store, idlePace: .seconds(3600), quietLogger) {}
    slow.begin(at: Checkpoint(position: lsn(10), systemID: "1", timeline: 1, slot: "s"))
    let saver = Task { await slow.run() }
    for position in 11...10_000 as ClosedRange<UInt64> {
      slow.markIdle(upTo: lsn(position), isRequested: false)
    }
    #expect(store.saves.load(ordering: .relaxed) == 0)
    // The same position, but now somebody waits for it.
    slow.markIdle(upTo: lsn(10_000), isRequested: true)
    #expect(try await Self.waited { store.last.load(ordering: .acquiring) == 10_000 })
    #expect(store.saves.load(ordering: .relaxed) == 1)
    // At the end nothing is left out.
    slow.markIdle(upTo: lsn(10_001), isRequested: false)
    slow.finish()
    await saver.value
    #expect(store.last.load(ordering: .acquiring) == 10_001)
  }

  @Test(.timeLimit(.minutes(15))) func `is saved by itself in a while`() async throws {
    let store = CountingStore()
    let quick = Acknowledgements(store, idlePace: .milliseconds(20), quietLogger) {}
    quick.begin(at: Checkpoint(position: lsn(10), systemID: "1", timeline: 1, slot: "s"))
    let saver = Task { await quick.run() }
    for round in 1...3 as ClosedRange<UInt64> {
      for step in 1...100 as ClosedRange<UInt64> {
        quick.markIdle(upTo: lsn(round * 1000 + step), isRequested: false)
      }
      let end = round * 1000 + 100
      #expect(try await Self.waited { store.last.load(ordering: .acquiring) == end })
    }
    quick.finish()
    await saver.value
    #expect(store.saves.load(ordering: .relaxed) < 30)
  }
}
