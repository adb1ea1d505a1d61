/// How much is put into one batch.
///
/// A batch is written as soon as the engine is done with the one before and nothing else has
/// arrived, so a slow stream has small ones.
public struct SinkLimits: Hashable, Sendable {
  /// Bytes after which no more is put into a batch; two batches are in memory at a time.
  public var bytes: Int

  /// Limits; by default a megabyte.
  public init(bytes: Int = 1 << 20) {
    self.bytes = bytes
  }
}
