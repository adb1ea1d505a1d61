public import ReplicationCore

/// What a batch brings an engine to.
public struct SinkProgress: Sendable {
  /// The checkpoint that stands for everything up to the last transaction, or range of a snapshot,
  /// that has ended by the end of this batch; `nil` if none has ended in it.
  ///
  /// To be stored in the same step as the batch, where the engine can do that, and behind it
  /// elsewhere.
  public let checkpoint: Checkpoint?
  /// Whether the batch ends in the middle of a transaction, whose rest comes with the next one.
  public let isInsideTransaction: Bool
}
