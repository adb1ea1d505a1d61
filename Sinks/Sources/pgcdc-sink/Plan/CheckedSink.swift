internal import ChangeSinks
internal import ReplicationCore

/// A sink that checks something each time before it is opened.
struct CheckedSink<Base: ChangeSink>: ChangeSink {
  private let base: Base
  private let check: @Sendable () async throws -> Void

  /// - Parameter check: Throws if the sink must not be opened.
  init(_ base: Base, check: @escaping @Sendable () async throws -> Void) {
    self.base = base
    self.check = check
  }

  func open(slot: String) async throws -> SinkState {
    try await check()
    return try await base.open(slot: slot)
  }

  func makeEncoder(
    for subscription: Subscription, after state: SinkState
  ) async throws -> Base.Encoder {
    try await base.makeEncoder(for: subscription, after: state)
  }

  func makeBatch() -> Base.Encoder.Batch { base.makeBatch() }

  func write(_ batch: Base.Encoder.Batch, _ progress: SinkProgress) async throws {
    try await base.write(batch, progress)
  }

  func save(_ checkpoint: Checkpoint) async throws { try await base.save(checkpoint) }

  func close() async { await base.close() }
}
