public import CDCTime
public import PGWire

// COPY, and what a walsender sends inside of CopyBoth.

extension BackendEncoder {
  /// Message: CopyInResponse (`G`).
  public static func copyInResponse(columns: Int = 0) -> [UInt8] {
    copyResponse("G", columns: columns)
  }

  /// Message: CopyOutResponse (`H`).
  public static func copyOutResponse(columns: Int = 0, isBinary: Bool = false) -> [UInt8] {
    copyResponse("H", columns: columns, isBinary: isBinary)
  }

  /// Message: CopyBothResponse (`W`).
  public static func copyBothResponse(columns: Int = 0) -> [UInt8] {
    copyResponse("W", columns: columns)
  }

  private static func copyResponse(
    _ tag: Unicode.Scalar, columns: Int, isBinary: Bool = false
  ) -> [UInt8] {
    message(tag) { writer in
      writer.write(UInt8(isBinary ? 1 : 0))  // And so is each column.
      writer.write(Int16(truncatingIfNeeded: columns))
      for _ in 0..<columns { writer.write(Int16(isBinary ? 1 : 0)) }
    }
  }

  /// Message: CopyData (`d`).
  public static func copyData(_ content: [UInt8]) -> [UInt8] {
    message("d") { $0.write(contentsOf: content) }
  }

  /// Message: CopyDone (`c`).
  public static func copyDone() -> [UInt8] { message("c") }

  /// One message of the output plugin, in CopyData: XLogData (`w`).
  ///
  /// - Parameter lsn: What a server puts into both fields of the header for a logical slot.
  public static func xLogData(
    _ lsn: LSN, _ payload: [UInt8], sentAt: PostgresTimestamp = PostgresTimestamp(microseconds: 0)
  ) -> [UInt8] {
    message("d") { writer in
      writer.write(UInt8(ascii: "w"))
      writer.write(lsn)
      writer.write(lsn)
      writer.write(sentAt.microseconds)
      writer.write(contentsOf: payload)
    }
  }

  /// The server's sign of life, in CopyData: primary keepalive (`k`).
  public static func keepAlive(
    walEnd: LSN, replyRequested: Bool = false,
    sentAt: PostgresTimestamp = PostgresTimestamp(microseconds: 0)
  ) -> [UInt8] {
    message("d") { writer in
      writer.write(UInt8(ascii: "k"))
      writer.write(walEnd)
      writer.write(sentAt.microseconds)
      writer.write(UInt8(replyRequested ? 1 : 0))
    }
  }

  /// How a walsender answers a client's CopyDone: CopyDone, two CommandCompletes, ReadyForQuery.
  public static func copyBothEnd() -> [UInt8] {
    copyDone() + commandComplete("COPY 0") + commandComplete("START_REPLICATION") + readyForQuery()
  }
}
