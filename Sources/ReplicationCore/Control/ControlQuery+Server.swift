internal import CDCTime
internal import PGWire

// Queries about the server itself.

extension ControlQuery<String> {
  static var databaseName: Self {
    Self("SELECT pg_catalog.current_database() AS name") { $0.first?["name"] ?? "" }
  }
}

extension ControlQuery<Bool> {
  /// Whether the server is a standby.
  static var isStandby: Self {
    Self("SELECT pg_catalog.pg_is_in_recovery() AS standby") { $0.first?.flag("standby") == true }
  }

  /// Whether a transaction that the stream delivered is still in progress for other sessions.
  ///
  /// The WAL contains a commit before other sessions see it: while it waits for a synchronous
  /// standby, and from PREPARE TRANSACTION to COMMIT PREPARED. Blocks of a transaction arrive
  /// before its commit.
  ///
  /// Function: `pg_xact_status`,
  /// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT>
  ///
  /// - Parameter xid: All of its 64 bits.
  static func isInProgress(_ xid: UInt64) -> Self {
    Self("SELECT pg_catalog.pg_xact_status(\(value: String(xid))::pg_catalog.xid8) AS status") {
      $0.first?["status"] == "in progress"
    }
  }
}

extension ControlQuery<UInt64> {
  /// The next transaction's id, all of its 64 bits.
  static var nextTransactionID: Self {
    Self(
      """
      SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text AS xmax
      """
    ) { rows throws(ControlError) in
      guard let next = rows.first?["xmax"].flatMap({ UInt64($0) }) else {
        throw .unexpectedResult("a snapshot without its end")
      }
      return next
    }
  }
}

extension ControlQuery<LSN> {
  /// The end of the WAL; on a standby, the end of what it has replayed.
  static var currentLSN: Self {
    Self(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        ELSE pg_catalog.pg_current_wal_lsn() END AS lsn
      """
    ) { rows throws(ControlError) in
      guard let lsn = rows.first?.lsn("lsn") else {
        throw .unexpectedResult("no current WAL position")
      }
      return lsn
    }
  }

  /// The end of everything written so far, flushed or not; on a standby, of everything replayed.
  ///
  /// At the start of a page the server returns the position after the page's header, where no
  /// record ends; that stands for the page's start. A transaction with an id, but without changes,
  /// makes the server flush its log that far within a moment (three times `wal_writer_delay`).
  static var insertLSN: Self {
    Self(
      """
      SELECT \(SQL.insertLSN) AS lsn,
        pg_catalog.current_setting('wal_block_size') AS page,
        CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_xact_id() END
      """
    ) { rows throws(ControlError) in
      guard let lsn = rows.first?.lsn("lsn"),
        let page = rows.first?["page"].flatMap({ UInt64($0) }),
        page > 0
      else { throw .unexpectedResult("no current WAL position") }
      return lsn.withoutPageHeader(pageSize: page)
    }
  }
}

extension LSN {
  /// The start of a page, if this is the position right after its header, which the server returns
  /// there although no record ends at it.
  ///
  /// A page begins with a header of 24 bytes, the first one of a segment with 40.
  func withoutPageHeader(pageSize: UInt64) -> LSN {
    let offset = rawValue % pageSize
    return offset == 24 || offset == 40
      ? LSN(rawValue: rawValue.subtractingSaturating(offset)) : self
  }
}

extension SQL {
  /// The end of the written WAL, flushed or not; on a standby, the end of what it has replayed.
  static let insertLSN: SQL = """
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
      ELSE pg_catalog.pg_current_wal_insert_lsn() END
    """
}
