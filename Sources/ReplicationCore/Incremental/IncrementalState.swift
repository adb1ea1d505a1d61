public import PGWire

/// How far tables have been read by incremental snapshots, as a checkpoint holds it.
///
/// Its text is bounded, whatever the size of the tables: what was read becomes one long range.
/// Beside that it has up to 256 ranges whose snapshots are still needed, with the ids of the
/// transactions that ran when they were taken (usually a few, at most 65,536 each), up to 64 single
/// rows for each table, and up to 16,384 ids of transactions. In practice it is below a kilobyte
/// for each table that is being read, and 60 bytes for each one that is whole.
public struct IncrementalState: Hashable, Sendable {
  let progress: IncrementalProgress

  init(_ progress: IncrementalProgress) {
    self.progress = progress
  }

  /// Puts a state together again from its ``text``.
  ///
  /// - Returns: `nil` for what is none, or was written by a later version.
  public init?(text: String) {
    guard let progress = try? IncrementalProgress(text: text) else { return nil }
    self.progress = progress
  }

  /// The state as lines of text, of which the first says the version.
  public var text: String { progress.text }

  /// The oids of the tables that are whole, and from which position on.
  public var wholeTables: [UInt32: LSN] { progress.whole }

  /// The oids of the tables that are being read, in ascending order.
  public var openTables: [UInt32] { progress.tables.keys.sorted() }
}
