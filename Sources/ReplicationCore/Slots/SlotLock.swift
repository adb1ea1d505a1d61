internal import PGWire

/// An advisory lock of the database that processes of one role take for a slot, so that two of them
/// never do the same operation on it at once.
///
/// Any role can take any advisory lock. So a lock that another role holds means nothing, and must
/// not block us. Two processes of ours could then run at once; each of their steps checks the slot
/// again.
///
/// Function: pg_try_advisory_lock,
/// <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS>
struct SlotLock {
  /// What the lock is taken for; the numbers spell letters, which others are unlikely to use.
  enum Purpose: UInt32 {
    /// "pgcd": taking the slot over from its holder.
    case takeOver = 1_885_823_844
    /// "pgrs": reading the snapshot that the slot was created with.
    case snapshot = 1_885_827_699
  }

  let purpose: Purpose
  let slot: SlotName

  /// A session that has it.
  struct Holder: Sendable {
    let session: ServerSession
    /// Whether it is of our own role.
    let isOurs: Bool
  }
}

extension ControlQuery<Bool> {
  /// Takes the lock if it is free; returns whether it was.
  static func take(_ lock: SlotLock) -> Self {
    Self(
      """
      SELECT pg_catalog.pg_try_advisory_lock(\(lock.purpose.rawValue), \
      pg_catalog.hashtext(\(value: lock.slot.text)))::pg_catalog.int4 AS is_locked
      """
    ) { $0.first?["is_locked"] == "1" }
  }
}

extension ControlQuery<[SlotLock.Holder]> {
  /// The sessions that have the lock.
  static func holders(of lock: SlotLock) -> Self {
    Self(
      """
      SELECT a.pid, a.application_name, a.usename, a.datname,
        pg_catalog.host(a.client_addr) AS client_addr, a.client_port, a.backend_type, a.state,
        \(microsecondsOf: "a.backend_start") AS backend_start_us,
        (a.usename OPERATOR(pg_catalog.=) SESSION_USER)::pg_catalog.int4 AS is_ours
      FROM pg_catalog.pg_locks AS l
      JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid
      WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted
        AND l.classid OPERATOR(pg_catalog.=) '\(lock.purpose.rawValue)'::pg_catalog.oid
        AND l.objid OPERATOR(pg_catalog.=)
          pg_catalog.hashtext(\(value: lock.slot.text))::pg_catalog.oid
        AND l.objsubid OPERATOR(pg_catalog.=) 2
        AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d
          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      """
    ) { rows in
      rows.compactMap { row in
        ServerSession(row).map { SlotLock.Holder(session: $0, isOurs: row["is_ours"] == "1") }
      }
    }
  }
}

extension ControlQuery<Void> {
  /// Releases all advisory locks of the session.
  static var releaseLocks: Self {
    Self("SELECT pg_catalog.pg_advisory_unlock_all()") { _ in }
  }
}
