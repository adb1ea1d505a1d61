public import ChangeFormats
public import ReplicationCore

/// A sink that writes a format's records into an engine.
///
///     let sink = RecordSink(RedisEngine(options), JSONLineFormat(options: lines))
///     try await Connector(params, into: sink).run()
public struct RecordSink<Engine: RecordEngine, Format: ChangeFormat>: ChangeSink {
  /// Where the records go.
  public let engine: Engine
  private let makeFormat: @Sendable () -> Format
  private let describesTables: Bool

  /// A sink.
  ///
  /// - Parameters:
  ///   - describesTables: Whether the catalog is asked about each table. Without it the key of a
  ///     table's records is its replica identity, and what Debezium's events say of defaults is
  ///     missing.
  ///   - format: Makes a new format each time that the sink is opened: the records of a
  ///     transaction have to be the same each time.
  public init(
    _ engine: Engine, describesTables: Bool = true,
    format: @escaping @Sendable @autoclosure () -> Format
  ) {
    self.engine = engine
    self.describesTables = describesTables
    makeFormat = format
  }

  public var isAtomic: Bool { engine.isAtomic }

  public func open(slot: String) async throws -> SinkState {
    try await engine.open(slot: slot)
  }

  public func makeEncoder(
    for subscription: Subscription, after state: SinkState
  ) async throws -> EventEncoder<Format> {
    EventEncoder(
      makeFormat(), of: subscription, after: state, describesTables: describesTables)
  }

  public func makeBatch() -> EventBatch { EventBatch(keepsRecords: true) }

  public func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try await engine.write(batch, progress)
  }

  public func save(_ checkpoint: Checkpoint) async throws {
    try await engine.save(checkpoint)
  }

  public func close() async { await engine.close() }
}
