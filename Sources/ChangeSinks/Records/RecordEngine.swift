public import ReplicationCore

/// An engine that takes records: a log such as Kafka, NATS JetStream, Redis Streams.
///
/// With a format it is a sink: ``RecordSink``.
public protocol RecordEngine: Sendable {
  /// Whether a batch is stored with its checkpoint in one step; by default it is.
  ///
  /// As ``ChangeSink/isAtomic``.
  var isAtomic: Bool { get }

  /// Connects to the engine, again if need be, and reads back what it has.
  ///
  /// As ``ChangeSink/open(slot:)``.
  func open(slot: String) async throws -> SinkState

  /// Writes a batch with the checkpoint that belongs to it; when this returns, they are durable.
  ///
  /// As ``ChangeSink/write(_:_:)``. After an error the engine may have any records from the first
  /// on, without a gap; ``open(slot:)`` says up to which one.
  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws

  /// Stores a checkpoint without data.
  func save(_ checkpoint: Checkpoint) async throws

  /// Lets go of the connection; the engine can be opened again.
  func close() async
}

extension RecordEngine {
  public var isAtomic: Bool { true }
}
