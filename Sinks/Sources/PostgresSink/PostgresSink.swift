public import ChangeSinks
internal import PGOutput
internal import PGWire
public import ReplicationCore

/// Mirrors tables into another PostgreSQL database, exactly once.
///
///     let sink = PostgresSink(PostgresSinkOptions(connection: "postgresql://mirror@host/copy"))
///     var options = ConnectorOptions()
///     options.subscription.snapshot = .initial()
///     try await Connector(params, into: sink, options: options).run()
///
/// Rows and checkpoint are committed in one transaction of the target, so that nothing is applied
/// twice and nothing is left out, whatever breaks. Transactions of the source stay whole: several
/// may become one in the target, but none is parted.
public final class PostgresSink: ChangeSink {
  /// The target, and what is done there.
  public let options: PostgresSinkOptions
  private let box = SessionBox()

  /// A sink; nothing is connected yet.
  public init(_ options: PostgresSinkOptions) {
    self.options = options
  }

  /// Connects to the target, takes the slot's lock there, and reads the checkpoint.
  ///
  /// A session that an earlier program has left keeps the lock until the server notices that the
  /// program is gone, or ``PostgresSinkOptions/endsFormerSession`` ends it. Even without the lock
  /// it could commit nothing any more: the row of the state has another epoch then.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``; one that names the session that holds the lock.
  public func open(slot: String) async throws -> SinkState {
    let settings = try await settings(slot: slot)
    let options = options
    return try await BlockingThread.run { [box] () throws(SinkError) -> SinkState in
      try box.use { (held: inout TargetSession?) throws(SinkError) -> SinkState in
        // Closes the connection, which gives up the lock.
        held = nil
        let session = try TargetSession.open(options, settings, slot: slot)
        let state = SinkState(checkpoint: session.checkpoint)
        held = session
        return state
      }
    }
  }

  /// Makes what turns changes into rows of text.
  public func makeEncoder(
    for subscription: Subscription, after state: SinkState
  ) async throws -> PostgresEncoder {
    let known = try await run { session throws(SinkError) -> [UInt32: Relation] in session.known }
    return PostgresEncoder(subscription, known: known, logger: options.logger)
  }

  public func makeBatch() -> PostgresBatch { PostgresBatch() }

  /// Writes a batch, and commits what has ended in it together with the checkpoint.
  ///
  /// If it ends inside of a transaction, that part stays in an open transaction of the target,
  /// which the next batch continues.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``. The connection is closed then.
  public func write(_ batch: PostgresBatch, _ progress: SinkProgress) async throws {
    try await run { session throws(SinkError) in
      try session.write(batch.current, progress)
    }
  }

  public func save(_ checkpoint: Checkpoint) async throws {
    try await run { session throws(SinkError) in try session.save(checkpoint) }
  }

  public func close() async {
    _ = try? await BlockingThread.run { [box] () throws(SinkError) in
      try box.use { (held: inout TargetSession?) throws(SinkError) in held = nil }
    }
  }

  /// What a connection is made with.
  func settings(slot: String) async throws -> TargetSettings {
    TargetSettings(
      connection: options.connection, password: try await options.password?(),
      timeout: options.timeout, statementTimeout: options.statementTimeout,
      applicationName: "pgcdc \(slot)")
  }

  /// Runs `body` with the session, on a thread of ours; an error closes the session.
  private func run<R: Sendable>(
    _ body: @escaping @Sendable (TargetSession) throws(SinkError) -> R
  ) async throws(SinkError) -> R {
    try await BlockingThread.run { [box] () throws(SinkError) -> R in
      try box.use { (held: inout TargetSession?) throws(SinkError) -> R in
        guard let session = held else {
          throw SinkError(engine: "PostgreSQL", .transient, "the sink is not open")
        }
        do throws(SinkError) {
          return try body(session)
        } catch {
          held = nil
          throw error
        }
      }
    }
  }
}
