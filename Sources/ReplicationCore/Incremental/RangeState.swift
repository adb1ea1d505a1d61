internal import PGWire

/// A range of a table that is being read; it keeps its name when it is cut or joined with others.
struct RangeID: Hashable, Sendable {
  /// The table's oid.
  let table: UInt32
  let number: UInt64
}

/// What a range was read with: the snapshot, and a position in the log that was asked for with it.
///
/// The commit record of every transaction that the snapshot sees lies below the position, and so
/// does the abort record of every one that was rolled back. So once the stream is past it, the
/// snapshot has nothing left to say about what is still to come.
struct ReadPoint: Hashable, Sendable {
  let snapshot: TransactionSnapshot
  /// `pg_current_wal_insert_lsn()`, asked for after the snapshot was taken.
  let horizon: LSN
}

/// How far a range is.
enum RangeState: Hashable, Sendable {
  /// Nobody reads it. Changes to it are dropped, since reading will bring their rows.
  case open
  /// A worker waits for the table's lock, or has it and waits until the next transaction, which
  /// touches the range, has been admitted. As open for the stream.
  case claimed(hasLock: Bool)
  /// A worker has the lock and takes the snapshot: the stream does not pass a change to this range.
  ///
  /// The snapshot has to see these transactions. What is dropped for other ranges from now on is
  /// not among them, so that they get fewer and a good snapshot is found.
  case arming(mustSee: DroppedTransactions)
  /// The snapshot is good. What it sees is dropped; before anything else comes its chunk.
  case reading(Reading)
  /// Its chunk has been delivered; what the snapshot sees is dropped.
  case done(ReadPoint)
  /// The stream is past the horizon: everything is delivered.
  case passed
  /// The table's reading was cancelled before this range was read: everything is delivered.
  case released
  /// The table was dropped, or left the publication, before this range was read: of the rows that
  /// it had until then the consumer gets nothing, so that no change of one is delivered either.
  case lost

  struct Reading: Hashable, Sendable {
    let point: ReadPoint
    /// Whether the chunk may be delivered before the stream is past the horizon, since the worker
    /// has waited for long enough.
    var hasWaited = false
    /// Whether its rows are on their way to the consumer.
    var isBeingDelivered = false
  }

  /// What its rows were, or are to be, read with.
  var point: ReadPoint? {
    switch self {
    case .reading(let reading): reading.point
    case .done(let point): point
    default: nil
    }
  }

  /// Whether a worker is busy with it.
  var hasWorker: Bool {
    switch self {
    case .claimed, .arming, .reading: true
    default: false
    }
  }
}
