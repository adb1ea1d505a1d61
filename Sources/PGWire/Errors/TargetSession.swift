/// Which kind of server is wanted: `target_session_attrs`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS>
@nonexhaustive public enum TargetSession: String, Hashable, Sendable, CaseIterable {
  /// The first that accepts the connection.
  case any
  /// One whose sessions may write: not a standby, nor read-only by default.
  case readWrite = "read-write"
  /// One whose sessions may not.
  case readOnly = "read-only"
  /// One that is not a standby.
  case primary
  /// One that is a standby.
  case standby
  /// A standby, or if none of the hosts is one, any.
  case preferStandby = "prefer-standby"
}
