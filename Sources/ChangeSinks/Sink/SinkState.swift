public import ReplicationCore

/// What an engine has durably, read back from it.
public struct SinkState: Sendable {
  /// The checkpoint that was stored with the last batch, or after it; `nil` if there is none yet.
  public var checkpoint: Checkpoint?
  /// The place of the last record; `nil` if there is none, or the engine keeps no records.
  ///
  /// It may lie behind the checkpoint: a part of a transaction was written. The rest follows, and
  /// the part is not written again.
  public var position: SinkPosition?

  /// The state of an engine, by default of an empty one.
  public init(checkpoint: Checkpoint? = nil, position: SinkPosition? = nil) {
    self.checkpoint = checkpoint
    self.position = position
  }

  /// Where a transaction commits of which the engine may have only a part; `nil` if it has whole
  /// ones.
  var unfinished: SinkPosition? {
    guard let position, let checkpoint, position.lsn >= checkpoint.position else { return nil }
    return position
  }
}
