public import ArgumentParser

/// How large the pieces are in which an incremental snapshot reads tables.
public struct SnapshotChunkArgument: ParsableArguments, Sendable {
  /// The size of one piece.
  @Option(
    name: .customLong("snapshot-chunk-size"),
    help: ArgumentHelp(
      "With --snapshot incremental: approximate size of one piece of a table. (default: 16MiB)",
      discussion: """
        From 64KiB to 1GiB. Each piece is read in a transaction of its own. A change to the piece \
        that is being read waits for its rows, so a smaller size means shorter waits and more \
        transactions.
        """, valueName: "bytes"))
  public var size: ByteCountArgument?

  /// For the parser.
  public init() {}

  /// Refuses a size that no snapshot can have.
  public func validate() throws {
    if let size, !SnapshotLimits.chunkBytes.contains(size.bytes) {
      throw ValidationError("--snapshot-chunk-size must be from 64KiB to 1GiB")
    }
  }
}
