import ChangeSinks
import RedisSink
import ReplicationCore
import ReplicationTestKit
import Synchronization

/// Lets a test act before and after each write.
final class WatchedEngine: RecordEngine {
  private let engine: RedisEngine
  private let before: @Sendable (Int) async throws -> Void
  private let after: @Sendable (Int) async throws -> Void
  private let count = Mutex(0)

  /// - Parameters:
  ///   - before: Called before a write, with its number from 1 on; what it throws is in its place.
  ///   - after: Called when it is done; what it throws is as a death before the acknowledgement.
  init(
    _ engine: RedisEngine, before: @escaping @Sendable (Int) async throws -> Void = { _ in },
    after: @escaping @Sendable (Int) async throws -> Void = { _ in }
  ) {
    self.engine = engine
    self.before = before
    self.after = after
  }

  /// How many batches were written, or were to be.
  var writes: Int { count.withLock { $0 } }

  func open(slot: String) async throws -> SinkState { try await engine.open(slot: slot) }

  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    let number = count.withLock { count in
      count += 1
      return count
    }
    try await before(number)
    try await engine.write(batch, progress)
    try await after(number)
  }

  func save(_ checkpoint: Checkpoint) async throws { try await engine.save(checkpoint) }

  func close() async { await engine.close() }
}

/// The program dies here.
struct Death: Error {}

/// Counts what may fail in an engine, each before and after it is done.
struct FaultyEngine: RecordEngine {
  let engine: RedisEngine
  let faults: FaultInjector

  func open(slot: String) async throws -> SinkState {
    try faults.reach("the engine is opened")
    return try await engine.open(slot: slot)
  }

  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try faults.reach("a batch is written")
    try await engine.write(batch, progress)
    try faults.reach("a batch has been written")
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try faults.reach("a checkpoint is saved")
    try await engine.save(checkpoint)
    try faults.reach("a checkpoint has been saved")
  }

  func close() async { await engine.close() }
}
