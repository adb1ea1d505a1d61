/// How far the snapshot of a slot's creation has been read.
///
/// ``Client/ensureSnapshot(recordedIn:_:keepsSlotOnFailure:onWait:_:)`` saves it in the checkpoint.
@nonexhaustive public enum SnapshotStage: String, Hashable, Sendable {
  /// There was no slot of that name, and it is about to be created.
  case announced
  /// The slot was created, and the snapshot is being read.
  case reading
  /// The snapshot was read to the end: the stream continues from it.
  case finished
  /// The slot was not created, since another client had created one of that name.
  ///
  /// Such a checkpoint counts as no checkpoint.
  case notMade

  /// Whether rows of the snapshot are missing.
  public var isUnfinished: Bool { self == .announced || self == .reading }
}
