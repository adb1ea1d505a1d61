public import ChangeSinks
internal import PGWire
public import ReplicationCore

/// Writes records into the streams of a server of Redis or Valkey, each exactly once.
///
///     var options = try RedisOptions(url: "redis://localhost:6379/0")
///     options.prefix = "shop:"
///     let sink = RecordSink(RedisEngine(options), format: JSONLineFormat())
///     try await Connector(params, into: sink).run()
///
/// Each topic is a stream, and each record an entry of it, whose id is the record's place:
/// `27262976-0` is the first record of the transaction that commits at `0/1A00000`. The checkpoint
/// and the place of the last record are in a hash, written in the same step as the records.
///
/// Calls wait for the server on a thread of the engine's own, and never longer than
/// ``RedisOptions/timeout``.
///
/// Commands: `EVAL` (`XADD`, `XINFO STREAM`, `HSET`), `HINCRBY`, `HMGET`, `WAIT`, `WAITAOF`.
public actor RedisEngine: RecordEngine {
  /// How the server is reached, and how records are written.
  public nonisolated let options: RedisOptions
  private let executor = ThreadExecutor()
  private var writer: RedisWriter?
  /// The slots of which the server has had a checkpoint in this engine's life.
  private var startedSlots: Set<String> = []

  /// An engine; nothing is opened yet.
  public init(_ options: RedisOptions) {
    self.options = options
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// A very large batch takes several steps.
  public nonisolated var isAtomic: Bool { false }

  /// Connects, and reads back what the server has.
  ///
  /// An engine that has opened the same slot before can't write any more.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``: also if the server is not durable, see
  ///   ``RedisOptions/requiresDurability``; a fatal one if the server has lost everything since
  ///   this engine has opened the slot for the first time.
  public func open(slot: String) throws(SinkError) -> SinkState {
    writer = nil
    let opened = try RedisWriter.open(options, slot: slot)
    if opened.state.checkpoint == nil, startedSlots.contains(slot) {
      // Without a checkpoint it would be a first start, from wherever the slot is.
      throw SinkError(
        engine: name, .fatal,
        "the server has lost the checkpoint in \(options.stateKey(of: slot)), and probably the "
          + "records that it had acknowledged; restore it, or start again with a new snapshot")
    }
    if opened.state.checkpoint != nil { startedSlots.insert(slot) }
    writer = opened.writer
    return opened.state
  }

  /// Writes a batch and its checkpoint in one step.
  ///
  /// A batch of more than about a hundred thousand records takes several steps, each of which
  /// stores its last record's place, and the last one the checkpoint.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``: a fatal one if another engine has opened the slot.
  public nonisolated func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    try await write(batch, saving: progress.checkpoint)
  }

  private func write(_ batch: EventBatch, saving checkpoint: Checkpoint?) throws(SinkError) {
    try withWriter { (writer) throws(SinkError) in
      try writer.write(batch, saving: checkpoint)
      if checkpoint != nil { startedSlots.insert(writer.slot) }
    }
  }

  /// Stores a checkpoint.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``: a fatal one if another engine has opened the slot.
  public func save(_ checkpoint: Checkpoint) throws(SinkError) {
    try withWriter { (writer) throws(SinkError) in
      try writer.save(checkpoint)
      startedSlots.insert(writer.slot)
    }
  }

  /// Ends the connection.
  public func close() {
    writer = nil
  }

  private nonisolated var name: String { "Redis at \(options.address)" }

  /// Passes what writes; after an error it is of no use any more.
  private func withWriter(
    _ body: (RedisWriter) throws(SinkError) -> Void
  ) throws(SinkError) {
    guard let writer else {
      throw SinkError(engine: name, .transient, "it is not open")
    }
    do throws(SinkError) {
      try body(writer)
    } catch {
      self.writer = nil
      throw error
    }
  }
}
