/// Stores how far a consumer has got.
///
/// The best store is the one that the changes go to, written in the same transaction:
/// ``ReplicationTransaction/checkpoint()`` returns what to write there, and nothing is ever applied twice. A
/// separate store, such as a ``FileCheckpointStore``, is written after the changes; changes that
/// were not saved when the power failed are delivered again.
public protocol CheckpointStore: Sendable {
  /// Returns the last saved checkpoint; `nil` if none was ever saved.
  ///
  /// A checkpoint that can't be read must be an error: returning `nil` would cause a fresh start.
  func load() async throws -> Checkpoint?

  /// Saves a checkpoint durably before it returns.
  ///
  /// It is called one at a time, with positions that never go back while the timeline is the same,
  /// and each is reported to the server only after it was saved; if there was no checkpoint, the
  /// first one is where the stream begins. A store whose own checkpoint ``Checkpoint/covers(_:)``
  /// this one need not write it, and must not if its own is further.
  ///
  /// ``Client/ensureSnapshot(recordedIn:_:keepsSlotOnFailure:onWait:_:)`` saves before there is a
  /// slot, and again at every stage; its positions have no meaning before the snapshot is finished,
  /// and may go back.
  func save(_ checkpoint: Checkpoint) async throws
}
