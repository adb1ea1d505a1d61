import ChangeSinks
import KafkaSink
import ReplicationCore

/// An engine that takes its time before each batch.
struct PacedEngine: RecordEngine {
  let engine: KafkaEngine
  var pause = Duration.zero

  var isAtomic: Bool { engine.isAtomic }

  func open(slot: String) async throws -> SinkState { try await engine.open(slot: slot) }

  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try await Task.sleep(for: pause)
    try await engine.write(batch, progress)
  }

  func save(_ checkpoint: Checkpoint) async throws { try await engine.save(checkpoint) }

  func close() async { await engine.close() }
}
