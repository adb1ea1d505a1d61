internal import PGWire

/// What a worker, or the part that commands workers, has to do next.
enum SnapshotAction: Hashable, Sendable {
  /// The lock is held: ask for the snapshot, and the positions with it, now.
  ///
  /// `SELECT pg_current_snapshot(), pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()`
  case takeSnapshot(RangeID)
  /// The snapshot misses a transaction that was dropped: COMMIT, begin again, ask for the lock with
  /// NOWAIT, and take another. If the lock is not free, the worker has failed.
  case repeatSnapshot(RangeID)
  /// The snapshot is good: `COPY` the range's rows, and hand them over when they are wanted.
  case readChunk(RangeID)
  /// Cancel what is running on the server and roll back; the range is no longer this worker's.
  case abandon(RangeID)
  /// Ask for a snapshot by itself, so that the list of dropped transactions gets shorter.
  case observeSnapshot
}

/// What must happen before a transaction can be delivered.
enum Admission: Hashable, Sendable {
  /// Nothing: deliver it now, and judge its changes one by one.
  case proceed
  /// Wait until the range's snapshot is known, or its worker has failed.
  case waitForSnapshot(RangeID)
  /// Wait until the log is on disk up to the range's horizon: ``IncrementalMachine/flushed(_:)``.
  case waitForFlush(RangeID)
  /// Deliver the range's chunk.
  case deliverChunk(RangeID)
  /// Wait for any snapshot: too many transactions have been dropped that none has seen.
  case waitForAnySnapshot
}

/// What is known of a transaction before its first change is delivered.
enum Attention: Hashable, Sendable {
  /// No table is being read: deliver it, and ask nothing.
  case none
  /// Deliver it, and judge the changes to tables that are being read.
  case judge
  /// It may have to wait: look at all its changes first, then ask for admission.
  case scan
}

/// What becomes of a change.
enum Verdict: Hashable, Sendable {
  case deliver
  case drop
  /// Of a change of a key, deliver that the old key is gone.
  case deliverDelete
  /// Of a change of a key, deliver the new row as an insert.
  case deliverInsert
  /// Ask the server where these keys lie, report it, and judge again.
  case undecided([Key])
}

/// What becomes of a TRUNCATE of one table.
enum TruncateVerdict: Hashable, Sendable {
  case deliver
  case drop
  /// Some ranges were read after it: the whole table is open again.
  case deliverAndReadAgain
}

/// A change as far as keys are concerned.
enum KeyChange: Hashable, Sendable {
  case insert(Key)
  /// - Parameters:
  ///   - old: The old key if the stream has it, which it does whenever the key has changed.
  ///   - isPartial: Whether the new row lacks values that were not sent because they are unchanged.
  case update(old: Key?, new: Key, isPartial: Bool)
  case delete(Key)
}

/// What is to be told to the consumer between transactions.
enum SnapshotItem: Hashable, Sendable {
  /// The table is whole, and so are transactions with it, from this position on.
  case tableIsWhole(table: UInt32, at: LSN)
}

/// What an item, once it is acknowledged, changes in the checkpoint.
enum SnapshotDelta: Hashable, Sendable {
  case tableAdded(UInt32, KeyShape, startsAt: FullTransactionID)
  case tableRemoved(UInt32)
  /// What makes the publications have a table: oids of rows of their catalogues.
  case tablePublished(UInt32, by: [UInt32])
  /// What was not read is not going to be; what was read still has its filters.
  case tableCancelled(UInt32)
  /// A range has been read.
  ///
  /// - Parameter anchor: A place at or before the range that the checkpoint knows as well.
  case rangeDone(UInt32, KeyRange, anchor: KeyBound?, ReadPoint)
  /// A row has to be read again by itself.
  case keyReopened(UInt32, Key)
  /// A range has to be read again, when all transactions below have ended.
  case rangeReopened(UInt32, KeyRange, startsAt: FullTransactionID)
}

/// Why an event could not be taken.
enum IncrementalFault: Error, Hashable, Sendable {
  /// The stream has an id that no transaction can have.
  case transactionID(UInt32)
}
