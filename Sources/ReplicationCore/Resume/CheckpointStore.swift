/// Where a consumer keeps how far it has come.
///
/// Best is the store that the changes go to, written in the same transaction as they are:
/// ``Transaction/checkpoint()`` gives what to write there, and nothing is ever applied twice. A
/// store beside it, such as a ``FileCheckpointStore``, is written after the changes; what was not
/// saved when the power went is delivered again.
public protocol CheckpointStore: Sendable {
  /// What was saved last; `nil` if nothing ever was.
  ///
  /// What can't be read must be an error: taken for nothing, it would be a fresh start.
  func load() async throws -> Checkpoint?

  /// Keeps a checkpoint, durably, before it returns.
  ///
  /// It is called one at a time, with positions that never go back while the timeline is the same,
  /// and each is reported to the server only after it was saved; the first is where the stream
  /// begins, if there was none. A store whose own checkpoint ``Checkpoint/covers(_:)`` this one
  /// need not write it, and must not if its own is further.
  ///
  /// ``Client/ensureSnapshot(recordedIn:_:keepsSlotOnFailure:onWait:_:)`` saves before there is a
  /// slot, and again each time that it gets further; its positions say nothing before the snapshot
  /// is finished, and may go back.
  func save(_ checkpoint: Checkpoint) async throws
}
