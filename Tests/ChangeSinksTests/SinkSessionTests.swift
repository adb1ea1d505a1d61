import ChangeFormats
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeSinks

/// A sink that was opened, by itself.
@Suite struct SinkSessionTests {
  private static func checkpoint(at position: UInt64) -> Checkpoint {
    Checkpoint(position: LSN(rawValue: position), systemID: "1", timeline: 1, slot: "test_slot")
  }

  private static func session(
    _ engine: MemoryEngine
  ) async throws -> SinkSession<RecordSink<MemoryEngine, JSONLineFormat>> {
    try await SinkSession(
      opening: RecordSink(engine, format: JSONLineFormat()), slot: "test_slot")
  }

  private static func progress(at position: UInt64) -> SinkProgress {
    SinkProgress(checkpoint: checkpoint(at: position), isInsideTransaction: false)
  }

  /// What the engine has after an error only the next opening finds out.
  @Test(arguments: [false, true])
  func `nothing is stored after a batch that failed`(isTransient: Bool) async throws {
    // Opening is the first operation, the batch the second one.
    let engine = MemoryEngine(isTransient: isTransient, FaultInjector(failing: 2))
    let session = try await Self.session(engine)
    let batch = session.sink.makeBatch()
    await #expect(throws: (any Error).self) {
      try await session.write(batch, Self.progress(at: 10))
    }
    await #expect(throws: (any Error).self) { try await session.save(Self.checkpoint(at: 20)) }
    await #expect(throws: (any Error).self) {
      try await session.write(batch, Self.progress(at: 30))
    }
    #expect(engine.checkpoint == nil && engine.writes == 0)
    #expect(try await session.load() == nil)
    #expect((session.failure != nil) == isTransient)
  }

  @Test func `nothing is written after a checkpoint that could not be saved`() async throws {
    let engine = MemoryEngine(FaultInjector(failing: 2))
    let session = try await Self.session(engine)
    let batch = session.sink.makeBatch()
    await #expect(throws: InjectedFault.self) { try await session.save(Self.checkpoint(at: 10)) }
    await #expect(throws: InjectedFault.self) {
      try await session.write(batch, Self.progress(at: 20))
    }
    #expect(engine.checkpoint == nil && engine.writes == 0)
  }

  @Test func `an engine without an error takes batches and checkpoints in turn`() async throws {
    let engine = MemoryEngine()
    let session = try await Self.session(engine)
    try await session.write(session.sink.makeBatch(), Self.progress(at: 10))
    try await session.save(Self.checkpoint(at: 20))
    #expect(engine.checkpoint == Self.checkpoint(at: 20) && engine.writes == 1)
    // It has a later one.
    try await session.save(Self.checkpoint(at: 15))
    #expect(engine.checkpoint == Self.checkpoint(at: 20))
  }
}
