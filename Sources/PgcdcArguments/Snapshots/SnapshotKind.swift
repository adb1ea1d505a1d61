public import ArgumentParser

/// How the rows are read that the tables hold already.
public enum SnapshotKind: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// All before the changes.
  case initial
  /// In pieces, while the changes are streamed.
  case incremental
}
