public import Logging

/// How a ``PostgresSink`` connects, and what it does in the target.
public struct PostgresSinkOptions: Sendable {
  /// Whether something is done that the role may have no right to.
  @nonexhaustive public enum Usage: String, Hashable, Sendable, CaseIterable {
    /// It is done; where it is not allowed, the sink does not open.
    case always
    /// It is done where it is allowed; elsewhere a line in the log says that it was left out.
    case ifAllowed
    /// It is not done.
    case never
  }

  /// What happens if a row that the source has changed is missing in the target.
  @nonexhaustive public enum MissingRows: String, Hashable, Sendable, CaseIterable {
    /// The sink ends with an error, since the tables differ.
    case refuse
    /// Updates and deletions of missing rows are left out.
    case ignore
  }

  /// What a commit waits for: `synchronous_commit`.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/runtime-config-wal.html>
  @nonexhaustive public enum SynchronousCommit: String, Hashable, Sendable, CaseIterable {
    /// The target's disk, and its synchronous standbys if it has some.
    case on
    /// The same, and the standbys show the rows.
    case remoteApply = "remote_apply"
    /// The target's disk; synchronous standbys have received the rows.
    case remoteWrite = "remote_write"
    /// The target's disk alone.
    case local
  }

  /// The target: a URI or `key=value` string, as libpq reads it.
  ///
  /// What it does not say, libpq takes from the environment: `PGPASSWORD`, `PGPASSFILE` and so on.
  /// It needs a session of its own, so a pooler in front of the server has to pool sessions, not
  /// transactions.
  ///
  /// libpq: <https://www.postgresql.org/docs/current/libpq-connect.html>
  public var connection: String
  /// Returns the password for the next connection, in place of the connection string's: one from a
  /// file, or a token that is valid for some minutes.
  public var password: (@Sendable () async throws -> String)?
  /// How long connecting to a host may take, and how long the server may be silent before it is
  /// asked, over another connection, whether it is busy.
  public var timeout = Duration.seconds(30)
  /// How long a statement may take on a server that says it is busy with it.
  ///
  /// One statement deletes a range of a table, or changes a table's columns, for which it may wait
  /// for others that use the table.
  public var statementTimeout = Duration.seconds(600)
  /// What a commit waits for.
  public var synchronousCommit = SynchronousCommit.on

  /// The schema of the sink's own tables, `state` and `tables`; it is created if it is missing.
  public var stateSchema = "pgcdc"
  /// Whether schemas, tables, columns and enum types are created in the target, and columns
  /// altered, as they are in the source.
  ///
  /// Otherwise they have to be there.
  public var createsTables = true
  /// What happens if a row that the source has changed is missing in the target.
  ///
  /// A row of a table with a key that an update has all columns of is inserted in either case.
  public var missingRows = MissingRows.refuse
  /// Whether a `TRUNCATE … CASCADE` of the source is one in the target.
  ///
  /// The source lists all published tables that it has emptied, which are emptied in any case. With
  /// `CASCADE` the target also empties its own tables that refer to them.
  public var cascadesTruncates = false
  /// Whether ranges of keys are deleted although the target may order them differently.
  ///
  /// An incremental snapshot deletes a range of a table before it writes the range's rows. Text has
  /// the order of a collation, whose version differs from one system to the next; by default such
  /// a difference is an error. Set it if you know that the difference does not concern your keys.
  public var acceptsOtherCollations = false

  /// Whether the session has `session_replication_role = replica`, in which neither foreign keys
  /// are checked nor triggers run, except those that are enabled for it.
  ///
  /// It needs a superuser, or since server 15 `GRANT SET ON PARAMETER session_replication_role`.
  public var replicaRole = Usage.ifAllowed
  /// Whether transactions have the replication origin `pgcdc_SLOT`, by which a stream of the target
  /// can leave them out (``/ReplicationCore/ReplicationParams/origin``).
  ///
  /// It needs a superuser, or the right to execute `pg_replication_origin_create`, `…_oid`,
  /// `…_session_setup` and `…_xact_setup`.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/replication-origins.html>
  public var origin = Usage.ifAllowed
  /// Whether a session that holds the slot's lock in the target is ended.
  ///
  /// Otherwise it is waited for, and then named in an error. It may be that of a program that was
  /// cut off from the target, which the target notices after about two minutes.
  public var endsFormerSession = false
  /// The log.
  public var logger = Logger(label: "postgres-sink")

  /// Options for a target; the rest can be set afterwards.
  ///
  /// - Parameter connection: A URI or `key=value` string, as libpq reads it.
  public init(connection: String) {
    self.connection = connection
  }
}

extension PostgresSinkOptions: CustomStringConvertible, CustomReflectable {
  /// Without the connection string, which may have a password.
  public var description: String { "PostgresSinkOptions(stateSchema: \(stateSchema))" }

  public var customMirror: Mirror { Mirror(self, children: ["stateSchema": stateSchema]) }
}
