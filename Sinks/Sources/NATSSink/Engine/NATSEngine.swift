public import ChangeSinks
internal import PGWire
public import ReplicationCore

/// Writes records into a stream of NATS JetStream, each exactly once.
///
///     var options = try NATSOptions("nats://localhost:4222")
///     options.stream.name = "orders"
///     let sink = RecordSink(NATSEngine(options), format: JSONLineFormat(options: lines))
///     try await Connector(params, into: sink).run()
///
/// A record of the topic `public.orders` is a message on the subject `<prefix>.public.orders`; its
/// headers are in the article. The stored checkpoint is the last message on `<prefix>-checkpoint`.
///
/// Its calls block a thread of its own. Servers since 2.10 are supported.
public actor NATSEngine: RecordEngine {
  /// What it was made with.
  public nonisolated let options: NATSOptions

  private let executor = ThreadExecutor()
  private var writer: StreamWriter?
  /// How often in a row the stream's last message was another than the one that was written.
  private var outruns = 0
  /// The stream's last message when it was missing last.
  private var missingTail: UInt64?

  /// How often in a row is more than the loss of a leader can explain.
  private static let maxOutruns = 3
  /// How often another writer's messages are waited for when the stream is opened.
  private static let maxClaims = 5

  /// An engine that is not connected yet.
  public init(_ options: NATSOptions) {
    self.options = options
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// Each message of a batch is stored by itself.
  public nonisolated var isAtomic: Bool { false }

  /// Connects, and creates the stream if it is missing; no earlier connector can write into it any
  /// more.
  ///
  /// - Throws: `SinkError`. Its category is `needsOperator` if the stream can't keep what it is
  ///   given, has lost its checkpoint, or belongs to another slot.
  public func open(slot: String) throws -> SinkState {
    writer = nil
    let names = try StreamNames(options, slot: slot)
    let link = try NATSLink.open(options)
    for _ in 1...Self.maxClaims {
      let info = try link.prepare(names, options.stream)
      let end = try StreamEnd(of: names, slot: slot, last: info.lastSequence, link)
      try check(end, info, names)
      let state = SinkState(checkpoint: try checkpoint(in: end, names), position: end.position)
      let writer = StreamWriter(
        link, names, slot: slot, after: info, end, maxPending: options.maxPending)
      if try claim(writer) {
        self.writer = writer
        return state
      }
    }
    throw SinkError(
      engine: options.engineName, .needsOperator,
      "another connector writes into the stream \(names.stream); stop it")
  }

  /// Writes a batch with its checkpoint, and waits until the stream has stored all of it.
  ///
  /// - Throws: `SinkError`; then it has to be opened again.
  public func write(_ batch: EventBatch, _ progress: SinkProgress) throws {
    let checkpoint = try progress.checkpoint.map { try $0.encoded() }
    try use { writer throws(SinkError) in try writer.write(batch, checkpoint) }
  }

  /// Stores a checkpoint.
  ///
  /// - Throws: `SinkError`; then it has to be opened again.
  public func save(_ checkpoint: Checkpoint) throws {
    let bytes = try checkpoint.encoded()
    try use { writer throws(SinkError) in try writer.store(bytes) }
  }

  /// Closes the connection.
  public func close() {
    writer = nil
  }
}

extension NATSEngine {
  /// Passes the writer to `body`; after an error there is none.
  private func use(_ body: (StreamWriter) throws(SinkError) -> Void) throws(SinkError) {
    guard let writer else {
      throw SinkError(engine: options.engineName, .transient, "it is not open")
    }
    do throws(SinkError) {
      try body(writer)
      outruns = 0
    } catch {
      self.writer = nil
      guard writer.isOutrun else { throw error }
      outruns += 1
      guard outruns >= Self.maxOutruns else { throw error }
      throw SinkError(engine: error.engine, .needsOperator, error.reason)
    }
  }

  /// - Returns: False if another message was written since the stream's end was read.
  private func claim(_ writer: StreamWriter) throws(SinkError) -> Bool {
    do throws(SinkError) {
      try writer.claim()
      return true
    } catch {
      guard writer.isOutrun else { throw error }
      return false
    }
  }

  /// Throws if the last message is missing, unless it was last time too.
  ///
  /// A server that is not the stream's leader any more may have answered. If it was deleted or has
  /// expired, there is nothing to wait for.
  private func check(
    _ end: StreamEnd, _ info: StreamInfo, _ names: StreamNames
  ) throws(SinkError) {
    guard end.isTailMissing else {
      missingTail = nil
      return
    }
    if missingTail == info.lastSequence { return }
    missingTail = info.lastSequence
    throw SinkError(
      engine: options.engineName, .transient,
      "the last message of the stream \(names.stream), \(info.lastSequence), is missing; it is "
        + "looked for once more")
  }

  private func checkpoint(
    in end: StreamEnd, _ names: StreamNames
  ) throws(SinkError) -> Checkpoint? {
    guard !end.checkpoint.isEmpty else { return nil }
    do throws(ReplicationError) {
      return try Checkpoint(encoded: end.checkpoint)
    } catch {
      throw SinkError(
        engine: options.engineName, .fatal,
        "the checkpoint on \(names.checkpoint) of the stream \(names.stream) can't be read: "
          + "\(error)"
      )
    }
  }
}
