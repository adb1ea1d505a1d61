/// How a snapshot is read.
public struct SnapshotOptions: Hashable, Sendable {
  /// How many connections read at once, beside the one that keeps the snapshot.
  public var workers = 2
  /// Bytes of a batch: a worker stops reading when it has so many, until the batch was taken.
  ///
  /// A row is never parted, so that a batch may be larger by one row. Alive are at most two batches
  /// for each worker, and the one that is being used.
  public var batchBytes = 1 << 18
  /// Whether values come in binary where every column's type has a form that is known here.
  public var prefersBinary = true
  /// The least length of a range of a table that is read apart from the rest, in blocks of 8 KiB.
  ///
  /// On servers before 14 tables are not parted, since each range would take a whole scan.
  public var leastBlocks = 256

  /// The options as they are if nothing else is said.
  public init() {}
}
