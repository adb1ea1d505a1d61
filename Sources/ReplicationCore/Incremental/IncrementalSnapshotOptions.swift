internal import PGOutput

/// How tables are read while the stream runs.
public struct IncrementalSnapshotOptions: Hashable, Sendable {
  /// How many connections read ranges at once, at least one.
  public var workers = 2
  /// About how many bytes of rows a range has, each of which is read in a transaction of its own.
  ///
  /// The stream waits for a range's chunk if a transaction touches the range before it is
  /// delivered, so a larger one is a longer wait, and a smaller one more transactions.
  public var chunkBytes = 16 << 20
  /// The tables to read, as `name` (in any schema) or `schema.name`; `nil` for all that are
  /// published.
  public var tables: [String]?
  /// Whether values come in binary where every column's type has a form that is known here.
  public var prefersBinary = true
  /// How long a worker may hold a snapshot, or keep the stream waiting for one.
  ///
  /// After it a chunk is delivered although the stream is still behind its horizon, and a snapshot
  /// that does not come is given up and taken later.
  public var snapshotTimeout = Duration.seconds(10)
  /// How often to look for tables that have joined the publications.
  ///
  /// They are also looked for as soon as the stream describes a table that is unknown.
  public var lookupInterval = Duration.seconds(30)

  /// The defaults.
  public init() {}

  /// Whether a table is to be read.
  func includes(_ table: SnapshotTable) -> Bool {
    tables?.contains { table.isNamed($0) } ?? true
  }
}

extension SnapshotTable {
  /// Whether a text, `name` or `schema.name`, names the table.
  func isNamed(_ text: String) -> Bool {
    text == relation.name || text == relation.qualifiedName
  }
}
