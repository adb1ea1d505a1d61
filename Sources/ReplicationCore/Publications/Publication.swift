/// A publication as the catalogs show it.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-publication.html>
public struct Publication: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Whether it is FOR ALL TABLES.
  public let isForAllTables: Bool
  /// The kinds of changes that it publishes.
  public let operations: Set<PublicationOperation>
  /// Whether changes of partitions are published as changes of their root.
  public let publishesViaPartitionRoot: Bool
  /// Whether stored generated columns are published without being named.
  ///
  /// Since server 18.
  public let publishesGeneratedColumns: Bool?
  /// The schemas whose tables it covers.
  ///
  /// Since server 15.
  public internal(set) var schemas: [String]
  /// Transactions since it was created or its options were changed.
  let age: Int64
  /// Whether it is certain that its options were not changed since it was created.
  let isAsCreated: Bool
}

/// A kind of change that a publication can leave out.
@nonexhaustive public enum PublicationOperation: String, Hashable, Sendable, CaseIterable {
  /// Inserted rows.
  case insert
  /// Updated rows.
  case update
  /// Deleted rows.
  case delete
  /// `TRUNCATE`.
  case truncate
}
