public import CDCTime
public import PGWire

// Transactions that are prepared, and what becomes of them. Since server 15.

extension PgOutputEncoder {
  /// Message: Begin Prepare (`b`): a transaction begins that is prepared at its end.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - gid: The name that `PREPARE TRANSACTION` has given it.
  ///   - prepareLSN: The position of the prepare.
  ///   - endLSN: The end of the prepare's record.
  ///   - prepareTime: When it was prepared, by the server's clock.
  public static func beginPrepare(
    _ xid: UInt32, gid: String, prepareLSN: LSN, endLSN: LSN, prepareTime: PostgresTimestamp
  ) -> [UInt8] {
    message("b") { output in
      output.write(prepareLSN)
      output.write(endLSN)
      output.write(prepareTime.microseconds)
      output.write(xid)
      output.writeCString(gid)
    }
  }

  /// Message: Prepare (`P`): the transaction that is open was prepared.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - gid: The name that `PREPARE TRANSACTION` has given it.
  ///   - prepareLSN: The position of the prepare, which Begin Prepare has announced.
  ///   - endLSN: The end of the prepare's record: the position to acknowledge.
  ///   - prepareTime: When it was prepared, by the server's clock.
  public static func prepare(
    _ xid: UInt32, gid: String, prepareLSN: LSN, endLSN: LSN, prepareTime: PostgresTimestamp
  ) -> [UInt8] {
    prepared("P", xid, gid: gid, lsn: prepareLSN, endLSN: endLSN, time: prepareTime)
  }

  /// Message: Stream Prepare (`p`): a transaction was prepared whose blocks have come.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - gid: The name that `PREPARE TRANSACTION` has given it.
  ///   - prepareLSN: The position of the prepare.
  ///   - endLSN: The end of the prepare's record: the position to acknowledge.
  ///   - prepareTime: When it was prepared, by the server's clock.
  public static func streamPrepare(
    _ xid: UInt32, gid: String, prepareLSN: LSN, endLSN: LSN, prepareTime: PostgresTimestamp
  ) -> [UInt8] {
    prepared("p", xid, gid: gid, lsn: prepareLSN, endLSN: endLSN, time: prepareTime)
  }

  /// Message: Commit Prepared (`K`): a transaction that was prepared has committed.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - gid: The name that `PREPARE TRANSACTION` has given it.
  ///   - commitLSN: The position of the commit.
  ///   - endLSN: The end of the commit's record: the position to acknowledge.
  ///   - commitTime: When it was committed, by the server's clock.
  public static func commitPrepared(
    _ xid: UInt32, gid: String, commitLSN: LSN, endLSN: LSN, commitTime: PostgresTimestamp
  ) -> [UInt8] {
    prepared("K", xid, gid: gid, lsn: commitLSN, endLSN: endLSN, time: commitTime)
  }

  /// The messages Prepare (`P`), Stream Prepare (`p`) and Commit Prepared (`K`): they have the same
  /// fields.
  package static func prepared(
    _ letter: Character, _ xid: UInt32, gid: String, lsn: LSN, endLSN: LSN, time: PostgresTimestamp
  ) -> [UInt8] {
    message(letter) { output in
      output.write(UInt8(0))  // Flags, of which there are none.
      output.write(lsn)
      output.write(endLSN)
      output.write(time.microseconds)
      output.write(xid)
      output.writeCString(gid)
    }
  }

  /// Message: Rollback Prepared (`r`): a transaction that was prepared was rolled back.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - gid: The name that `PREPARE TRANSACTION` has given it.
  ///   - prepareEndLSN: The end of the prepare's record.
  ///   - endLSN: The end of the rollback's record: the position to acknowledge.
  ///   - prepareTime: When it was prepared, by the server's clock.
  ///   - rollbackTime: When it was rolled back, by the server's clock.
  public static func rollbackPrepared(
    _ xid: UInt32, gid: String, prepareEndLSN: LSN, endLSN: LSN, prepareTime: PostgresTimestamp,
    rollbackTime: PostgresTimestamp
  ) -> [UInt8] {
    message("r") { output in
      output.write(UInt8(0))  // Flags, of which there are none.
      output.write(prepareEndLSN)
      output.write(endLSN)
      output.write(prepareTime.microseconds)
      output.write(rollbackTime.microseconds)
      output.write(xid)
      output.writeCString(gid)
    }
  }
}
