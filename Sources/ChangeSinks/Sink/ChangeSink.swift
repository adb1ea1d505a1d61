public import ReplicationCore

/// An engine that changes are put into, exactly once: a log, a database, files.
///
/// `Subscription.run(into:limits:)` fills a batch while the engine writes the
/// one before, and acknowledges what is durable. After any error the sink is opened again, which
/// says how far the engine is, and the stream begins there: a crash of the engine, of the program
/// or of the network is always mended the same way.
///
/// A sink that takes records, with a topic, a key and a value, is a ``RecordEngine`` in a
/// ``RecordSink``. Only an engine with tables of its own needs this protocol.
public protocol ChangeSink: Sendable {
  /// Turns what is delivered into batches.
  associatedtype Encoder: SinkEncoder

  /// Whether a batch is stored with its checkpoint in one step, so that a crash leaves all of it or
  /// nothing; by default it is.
  ///
  /// If it is not, a crash may leave the first records of a batch without its checkpoint. What a
  /// transaction delivers depends on which ranges of tables have been read, so a batch then has
  /// either transactions or one range: the records that are left can be counted again from the
  /// checkpoint before them.
  var isAtomic: Bool { get }

  /// Connects to the engine, again if need be, and reads back what it has.
  ///
  /// An engine that distinguishes writers must see to it that an earlier one, which may be frozen,
  /// can't write any more.
  ///
  /// - Parameter slot: The replication slot's name, by which the engine's state is found.
  /// - Throws: ``SinkError``.
  func open(slot: String) async throws -> SinkState

  /// Makes what turns the changes of one subscription into batches.
  ///
  /// - Parameter state: What ``open(slot:)`` has returned.
  func makeEncoder(for subscription: Subscription, after state: SinkState) async throws -> Encoder

  /// Makes an empty batch. Two are used in turn.
  func makeBatch() -> Encoder.Batch

  /// Writes a batch with the checkpoint that belongs to it; when this returns, they are durable.
  ///
  /// It is called for one batch at a time, in order, and never while ``save(_:)`` runs.
  ///
  /// - Throws: ``SinkError``; whether the engine has the batch is then found out by
  ///   ``open(slot:)``.
  func write(_ batch: Encoder.Batch, _ progress: SinkProgress) async throws

  /// Stores a checkpoint without data: on an idle stream, or at a stage of an initial snapshot.
  ///
  /// - Throws: ``SinkError``.
  func save(_ checkpoint: Checkpoint) async throws

  /// Lets go of the connection; the sink can be opened again.
  func close() async
}

extension ChangeSink {
  public var isAtomic: Bool { true }
}

/// Changes that were turned into what an engine takes, not written yet.
public protocol SinkBatch: AnyObject, Sendable {
  /// About how much memory it takes, in bytes.
  var byteCount: Int { get }
  /// Whether there is nothing to write.
  var isEmpty: Bool { get }
  /// Empties it, to be filled again.
  func removeAll()
}

/// Turns what a subscription delivers into batches.
///
/// Transactions are whole: once one has begun, all of it follows.
public protocol SinkEncoder: Sendable {
  associatedtype Batch: SinkBatch

  /// A transaction begins.
  mutating func begin(_ transaction: ReplicationTransaction, to batch: Batch) async throws
  /// A change of the transaction that has begun.
  mutating func append(
    _ change: TransactionChange, of transaction: ReplicationTransaction, to batch: Batch
  ) async throws
  /// All changes of the transaction were appended.
  mutating func end(_ transaction: ReplicationTransaction, to batch: Batch) async throws
  /// A range of a table was read: what the engine has in it is void.
  mutating func begin(_ chunk: SnapshotChunk, to batch: Batch) async throws
  /// Rows of the range that has begun.
  mutating func append(_ rows: SnapshotBatch, to batch: Batch) async throws
  /// All rows of the range were appended.
  mutating func end(_ chunk: SnapshotChunk, to batch: Batch) async throws
  /// Reading the range broke off: it is delivered again later, from its beginning.
  mutating func withdraw(_ chunk: SnapshotChunk, to batch: Batch) async throws
  /// A table was read to its end.
  mutating func append(_ table: WholeTable, to batch: Batch) async throws
}
