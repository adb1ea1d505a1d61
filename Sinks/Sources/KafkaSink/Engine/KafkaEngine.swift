public import ChangeSinks
internal import PGWire
public import ReplicationCore

/// Writes records into Kafka, exactly once for consumers that read what is committed.
///
///     let sink = RecordSink(KafkaEngine(options), format: DebeziumFormat(options: format))
///     try await Connector(params, into: sink).run()
///
/// Each batch is a transaction, with the checkpoint in it; a transaction of the database that is
/// larger than a batch is one transaction of Kafka too. Opening the engine ends what an earlier
/// connector with the same name may still write.
///
/// The article on this sink says how records are distributed over partitions, and what consumers
/// have to set.
///
/// Protocol: <https://kafka.apache.org/documentation/#semantics>
public actor KafkaEngine: RecordEngine {
  /// How it reaches Kafka.
  public nonisolated let options: KafkaOptions
  private let executor = ThreadExecutor()
  private var writer: KafkaWriter?

  /// An engine, which connects when it is opened.
  public init(_ options: KafkaOptions) {
    self.options = options
  }

  deinit {
    executor.end()
  }

  /// The engine's thread: calls of librdkafka block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// Connects, ends what earlier connectors may still write, and reads back the state.
  ///
  /// Functions: `rd_kafka_init_transactions`, `rd_kafka_consume_start`.
  ///
  /// - Throws: `SinkError`.
  public func open(slot: String) throws(SinkError) -> SinkState {
    close()
    let writer = try KafkaWriter.open(options, slot: slot)
    self.writer = writer
    return writer.sinkState
  }

  /// Writes a batch; it is committed with its checkpoint, unless it ends in a transaction of the
  /// database, which is committed as a whole later.
  ///
  /// Functions: `rd_kafka_begin_transaction`, `rd_kafka_producev`, `rd_kafka_commit_transaction`.
  ///
  /// - Throws: `SinkError`.
  public func write(_ batch: EventBatch, _ progress: SinkProgress) throws(SinkError) {
    try opened().write(batch, progress)
  }

  /// Stores a checkpoint, in a transaction of its own.
  ///
  /// - Throws: `SinkError`.
  public func save(_ checkpoint: Checkpoint) throws(SinkError) {
    try opened().save(checkpoint)
  }

  /// Aborts what is open, and disconnects.
  public func close() {
    writer?.close()
    writer = nil
  }

  /// Whether a part of a transaction of the database was produced, and is not committed.
  var isInsideTransaction: Bool { writer?.unfinished != nil }

  private func opened() throws(SinkError) -> KafkaWriter {
    guard let writer else {
      throw SinkError(engine: options.engineName, .transient, "it is not open")
    }
    return writer
  }
}
