/// What the two programs let a snapshot have.
public enum SnapshotLimits {
  /// Connections that read at the same time.
  public static let workers = 1...64
  /// The size of one piece of a table, in bytes: 64 KiB to 1 GiB.
  public static let chunkBytes = 1 << 16...1 << 30
}
