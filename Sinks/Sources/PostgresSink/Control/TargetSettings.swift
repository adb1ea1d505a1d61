/// How a connection to the target is made, and how long it may be silent.
struct TargetSettings: Sendable {
  /// A URI or keywords and values, as libpq reads them.
  let connection: String
  /// In place of the connection string's.
  let password: String?
  /// How long the server may be silent before it is asked whether it is busy.
  let timeout: Duration
  /// How long a statement may take on a server that says it is busy with it.
  let statementTimeout: Duration
  /// What `pg_stat_activity` shows, unless the connection string says something else.
  let applicationName: String
}
