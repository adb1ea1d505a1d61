/// A publication as the catalogs show it.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-publication.html>
public struct Publication: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Whether it is FOR ALL TABLES.
  public let isForAllTables: Bool
  /// Whether it is FOR ALL SEQUENCES, alone or together with all tables.
  ///
  /// A stream never has sequences. Since server 19.
  public internal(set) var isForAllSequences = false
  /// The tables that a publication for all tables leaves out (`EXCEPT`), by schema and name, quoted
  /// for SQL.
  ///
  /// Since server 19.
  public internal(set) var excludedTables: [String] = []
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

  /// What it is for, without the tables that it leaves out; `nil` unless it is for all tables.
  var allTables: SQL? {
    guard isForAllTables else { return nil }
    return isForAllSequences ? "ALL TABLES, ALL SEQUENCES" : "ALL TABLES"
  }

  /// Whether it has no tables, and none can be added to it.
  var isOnlyForSequences: Bool { isForAllSequences && !isForAllTables }
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
