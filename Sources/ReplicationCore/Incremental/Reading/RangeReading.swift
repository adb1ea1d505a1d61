internal import PGOutput
internal import PGWire

/// A table that is to be read while the stream runs, as the stream and the readers see it.
struct IncrementalTable: Sendable {
  /// What the publications give of it, by the oid and the shape that the stream has.
  let table: SnapshotTable
  /// The columns of its ranges; none if it is read as one range.
  var shape: KeyShape
  /// What the catalogue said of it, to see whether that has changed by the time it is read.
  var fingerprint = ""
  /// The catalogue's rows that make the publications have it; none if that is not known.
  var memberships: [UInt32] = []

  /// The oid that the stream knows it by.
  var oid: UInt32 { table.relation.oid }
}

/// What those who read ranges have to tell.
enum ReadingReport: Sendable {
  /// A worker is free for the range that was offered, which should be cut there first.
  case ready(RangeID, upTo: KeyBound?)
  /// A worker has the table's lock, and no snapshot yet.
  case lockHeld(RangeID)
  /// A worker has taken its snapshot.
  ///
  /// - Parameter flushed: `pg_current_wal_flush_lsn()`, of the same query.
  case snapshotTaken(RangeID, ReadPoint, flushed: LSN)
  /// A worker, or the stream in front of it, has waited for as long as it should.
  case waitedTooLong(RangeID)
  /// A range was not read: what it may be after is another attempt, or the end of all of it.
  case failed(RangeID, ReplicationError)
  /// A snapshot that was asked for by itself.
  case observed(TransactionSnapshot, flushed: LSN)
  /// A snapshot that was asked for by itself could not be taken; ask again.
  case observationFailed(ReplicationError)
}

/// Those who read ranges, each in a short transaction of an ordinary connection.
///
/// Commands return at once; what becomes of them is reported. It is told what the
/// ``IncrementalMachine`` wants, and knows nothing of the stream.
protocol RangeReading: Sendable {
  /// The tables that the publications have now, and a snapshot that was taken after they were
  /// looked up.
  ///
  /// - Parameter isWanted: Which of them are to be read.
  /// - Throws: What of those refuses to be read, by name.
  func tables(
    refusing isWanted: @Sendable (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> (tables: [IncrementalTable], at: ReadPoint)
  /// The catalogue's rows that make the publications have these tables now, and the position up to
  /// which every change of a publication that was visible has been seen.
  func memberships(
    of tables: [UInt32]
  ) async throws(ReplicationError) -> (found: [UInt32: [UInt32]], upTo: LSN)
  /// Whether a further range may be offered.
  var hasFreeWorker: Bool { get }
  /// A range may be read: a free worker finds out where to cut it. Answered by `ready` or `failed`.
  func offer(_ id: RangeID, of table: IncrementalTable, _ range: KeyRange)
  /// The worker that was ready is to lock the table, and to read this; answered by `lockHeld` or
  /// `failed`.
  func begin(_ id: RangeID, _ range: KeyRange)
  /// The worker that was ready is not needed: the range is no longer open.
  func release(_ id: RangeID)
  func perform(_ action: SnapshotAction)
  /// Asks how far the log is on disk; answered by `observed`.
  func askForFlush()
  /// The consumer is given the chunk, so that its rows will be asked for.
  func chunkBegins(_ id: RangeID)
  /// The next rows of a chunk; `nil` when all have come, the server's count was right, and its
  /// transaction has ended.
  func nextBatch(of id: RangeID) async throws(ReplicationError) -> SnapshotBatch?
  /// The number of bounds that each key is behind, from the server.
  func places(
    of keys: [Key], by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int]
  /// What has happened since the last call.
  func takeReports() -> [ReadingReport]
  /// Sets what is called whenever there is a report: from any thread, and it must return at once.
  func onReport(_ wake: @escaping @Sendable () -> Void)
  /// Ends all connections, and on the server what they are doing.
  func close() async
}
