/// How far the snapshot has been read that a slot was created for.
///
/// ``Client/ensureSnapshot(recordedIn:_:keepsSlotOnFailure:onWait:_:)`` keeps it in the checkpoint.
@nonexhaustive public enum SnapshotStage: String, Hashable, Sendable {
  /// There was no slot of that name, and it is about to be created.
  case announced
  /// The slot was created, and the snapshot is being read.
  case reading
  /// The snapshot was read to the end: the stream continues from it.
  case finished
  /// The slot was not created, since somebody else had created one of that name.
  ///
  /// Such a checkpoint counts as none.
  case notMade

  /// Whether rows of the snapshot are missing.
  public var isUnfinished: Bool { self == .announced || self == .reading }
}
