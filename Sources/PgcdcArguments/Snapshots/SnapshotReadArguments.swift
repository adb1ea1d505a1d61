public import ArgumentParser

/// Which tables a snapshot reads, and over how many connections.
public struct SnapshotReadArguments: ParsableArguments, Sendable {
  /// How many connections read at the same time.
  @Option(
    name: .customLong("snapshot-workers"),
    help: "Connections that read at the same time. (default: 2)")
  public var workers: Int?

  /// The tables, as they were given.
  @Option(
    name: .customLong("snapshot-tables"),
    help: ArgumentHelp(
      "With --snapshot incremental: the tables to read, with commas between; all if not given.",
      discussion: """
        As name or schema.name. One that contains a comma or a quote goes in double quotes, the \
        whole of it, with quotes inside doubled.
        """, valueName: "tables"))
  public var tableList: String?

  /// For the parser.
  public init() {}

  /// Refuses what no snapshot can have.
  public func validate() throws {
    if let workers, !SnapshotLimits.workers.contains(workers) {
      throw ValidationError("--snapshot-workers must be from 1 to 64")
    }
    _ = try tables()
  }

  /// The tables, one by one; `nil` for all.
  ///
  /// - Throws: `ValidationError` for an open quote, or an empty name.
  public func tables() throws -> [String]? {
    try tableList.map { try NameArgument.split([$0], "--snapshot-tables") }
  }
}
