public import PGWire
internal import Synchronization

/// The rows of one range of a table, as they were at one moment.
///
/// Before the rows, delete what you hold in the range: an attempt that broke off may have left rows
/// there, and rows that were deleted meanwhile must not stay. With the rows each key of the range
/// is exactly as the stream has it at this point; transactions that follow bring what the rows
/// lack.
///
///     case .rangeBegins(let chunk):
///       // Where the target can't compare keys as the server does: chunk.contains(keys)
///       target.delete(from: chunk.table, in: chunk.range)
///       for try await batch in chunk.batches { target.insert(batch) }
///       chunk.acknowledge()
///
/// A chunk is acknowledged as transactions are, in any order; the checkpoint has the range as read
/// once the chunk and everything before it is acknowledged. The chunks of an initial snapshot, each
/// of which is a whole table, count once all of them are acknowledged.
public final class SnapshotChunk: Sendable {
  /// The table.
  public let table: SnapshotTable
  /// The range.
  public let range: SnapshotKeyRange
  /// The horizon: no transaction that commits from here on is in the rows.
  ///
  /// Some of those that commit before it may not be in them either, and follow.
  public let position: LSN
  /// Its acknowledgement token; ``Acknowledgement/commitLSN`` is ``position``.
  public let acknowledgement: Acknowledgement

  let source: any ChunkSource
  let tally = StreamTracer.ChunkTally()
  private let makeCheckpoint: @Sendable () throws(ReplicationError) -> Checkpoint
  private let hasEnded = Atomic<Bool>(false)
  private let passedOver = Atomic<Bool>(false)

  /// - Parameter checkpoint: Makes the checkpoint that stands for having it.
  init(
    of table: SnapshotTable, _ range: SnapshotKeyRange, at position: LSN,
    _ acknowledgement: Acknowledgement, _ source: any ChunkSource,
    checkpoint: @escaping @Sendable () throws(ReplicationError) -> Checkpoint
  ) {
    self.table = table
    self.range = range
    self.position = position
    makeCheckpoint = checkpoint
    self.acknowledgement = acknowledgement
    self.source = source
  }

  /// Whether the next item was asked for before all rows were taken.
  var isPassedOver: Bool { passedOver.load(ordering: .acquiring) }

  /// The rest of its rows is not wanted.
  func passOver() {
    passedOver.store(true, ordering: .releasing)
  }

  /// Whether all rows have been taken.
  var hasAllRows: Bool { hasEnded.load(ordering: .acquiring) }

  /// All rows have been taken.
  func end() {
    hasEnded.store(true, ordering: .releasing)
  }

  /// Its rows, as they come from the server.
  ///
  /// To be iterated once, before the next item is asked for; what is left then is read and dropped.
  /// They throw ``ReplicationError/chunkInterrupted(table:_:)`` if reading breaks off: the range is
  /// delivered again later, and an acknowledgement of this chunk counts for nothing. They throw
  /// ``ReplicationError/chunkPassed(table:)`` if the next item has been asked for.
  public var batches: DeliverySequence<SnapshotBatch> {
    DeliverySequence(
      ready: { () throws(ReplicationError) -> SnapshotBatch? in nil },
      next: { () async throws(ReplicationError) -> SnapshotBatch? in
        let batch = try await self.source.nextBatch(of: self)
        if let batch { self.tally.count(batch) }
        return batch
      })
  }

  /// All of its rows are durable.
  ///
  /// Said while rows are still coming, it counts once they have.
  ///
  /// - Parameter userData: Bytes to save with the checkpoint; `nil` to keep the earlier ones.
  public func acknowledge(attaching userData: [UInt8]? = nil) {
    acknowledgement.acknowledge(attaching: userData)
  }

  /// The checkpoint that stands for having everything up to this chunk.
  ///
  /// To be written in the same transaction of the consumer's store as the rows. That of an initial
  /// snapshot says that it is unfinished, so that it is read again from its beginning.
  ///
  /// - Throws: ``ReplicationError/notAtEnd`` while not all rows have been taken.
  public func checkpoint() throws(ReplicationError) -> Checkpoint {
    guard hasAllRows else { throw .notAtEnd }
    return try makeCheckpoint()
  }
}
