public import CDCTime
public import PGWire

// What frames transactions that are streamed in blocks while they are in progress. Since server 14.

extension PgOutputEncoder {
  /// A message as it looks inside a block: with the transaction's id behind the letter.
  ///
  /// Relation, Type, Insert, Update, Delete, Truncate and Message have it there.
  ///
  /// - Parameters:
  ///   - xid: The id of the transaction, or of the subtransaction that made the change.
  ///   - message: The message as it looks elsewhere.
  public static func inBlock(_ xid: UInt32, _ message: [UInt8]) -> [UInt8] {
    var output = ByteWriter()
    output.write(contentsOf: message.prefix(1))
    output.write(xid)
    output.write(contentsOf: message.dropFirst())
    return output.bytes
  }

  /// Message: Stream Start (`S`): a block begins.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - isFirst: Whether it is the first block of the transaction in this stream.
  public static func streamStart(_ xid: UInt32, isFirst: Bool = true) -> [UInt8] {
    message("S") { output in
      output.write(xid)
      output.write(UInt8(isFirst ? 1 : 0))
    }
  }

  /// Message: Stream Stop (`E`): the block ends.
  public static let streamStop: [UInt8] = message("E") { _ in }

  /// Message: Stream Commit (`c`): a transaction has committed whose blocks have come.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - commitLSN: The position of the commit.
  ///   - endLSN: The end of the commit's record: the position to acknowledge.
  ///   - commitTime: When it was committed, by the server's clock.
  public static func streamCommit(
    _ xid: UInt32, commitLSN: LSN, endLSN: LSN, commitTime: PostgresTimestamp
  ) -> [UInt8] {
    message("c") { output in
      output.write(xid)
      output.write(UInt8(0))  // Flags, of which there are none.
      output.write(commitLSN)
      output.write(endLSN)
      output.write(commitTime.microseconds)
    }
  }

  /// Message: Stream Abort (`A`): a transaction whose blocks have come was rolled back, or a part
  /// of it was.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - subxid: The subtransaction that was rolled back; the same as `xid` for all of it.
  public static func streamAbort(_ xid: UInt32, subxid: UInt32) -> [UInt8] {
    message("A") { output in
      output.write(xid)
      output.write(subxid)
    }
  }

  /// Message: Stream Abort (`A`), the long form of `streaming` at `parallel`.
  ///
  /// Since server 16.
  ///
  /// - Parameters:
  ///   - xid: The transaction's id.
  ///   - subxid: The subtransaction that was rolled back; the same as `xid` for all of it.
  ///   - abortLSN: The position of the rollback.
  ///   - abortTime: When it was rolled back, by the server's clock.
  public static func streamAbort(
    _ xid: UInt32, subxid: UInt32, abortLSN: LSN, abortTime: PostgresTimestamp
  ) -> [UInt8] {
    message("A") { output in
      output.write(xid)
      output.write(subxid)
      output.write(abortLSN)
      output.write(abortTime.microseconds)
    }
  }
}
