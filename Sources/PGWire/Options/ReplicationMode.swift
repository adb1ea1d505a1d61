/// What a connection is for, as the `replication` parameter of the StartupMessage says it.
@nonexhaustive public enum ReplicationMode: Hashable, Sendable {
  /// An ordinary connection, for SQL.
  case off
  /// A walsender in one database: SQL by the simple protocol, and logical replication.
  case database
}
