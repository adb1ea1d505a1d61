public import CDCTime
public import PGWire

/// Messages of pgoutput as bytes: the inverse of `PgOutputDecoder`.
///
/// Each function returns the payload of one XLogData. All versions of the protocol have the same
/// messages: version 2 adds the blocks of streamed transactions (server 14), version 3 prepared
/// transactions (server 15), and version 4 the long form of Stream Abort (server 16).
///
///     let insert = PgOutputEncoder.insert(16_384, new: ["1", "apple", nil])
///     let bytes = BackendEncoder.xLogData(LSN(rawValue: 0x1000), insert)
///
/// Positions are positions of the log, in bytes. Times are microseconds since 2000-01-01 UTC, and a
/// transaction's id is its lower 32 bits. Nothing is checked, so that it can also build what no
/// server sends.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public enum PgOutputEncoder {
  /// One column of a tuple: `"text"` and `nil` are literals of it.
  public enum Column: Hashable, Sendable {
    /// `n`: NULL; in the key of an old row also a column outside the key.
    case null
    /// `u`: a large value that an update did not change, and that is not sent.
    case unchanged
    /// `t`: a value as the type's output function prints it.
    case text([UInt8])
    /// `b`: a value in the binary form of its type. Since server 14.
    case binary([UInt8])
  }

  /// One column of a Relation.
  public struct ColumnHeader: Hashable, Sendable {
    /// 1 for a column of the replica identity, 0 for another.
    public var flags: UInt8
    /// The column's name.
    public var name: String
    /// The type's oid.
    public var typeOID: UInt32
    /// `atttypmod`; -1 for none.
    public var typeModifier: Int32

    /// A column that is not of the replica identity, unless the flags say so.
    public init(
      _ name: String, _ typeOID: UInt32, flags: UInt8 = 0, typeModifier: Int32 = -1
    ) {
      self.flags = flags
      self.name = name
      self.typeOID = typeOID
      self.typeModifier = typeModifier
    }

    /// A column of the replica identity.
    public static func key(_ name: String, _ typeOID: UInt32) -> ColumnHeader {
      ColumnHeader(name, typeOID, flags: 1)
    }
  }

  /// Any message: a letter, and what follows it.
  public static func message(_ letter: Character, body: [UInt8]) -> [UInt8] {
    message(letter) { $0.write(contentsOf: body) }
  }

  /// Any message: a letter, and what `body` writes.
  package static func message(_ letter: Character, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var output = ByteWriter()
    output.write(contentsOf: letter.utf8)
    body(&output)
    return output.bytes
  }
}

extension PgOutputEncoder.Column: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(stringLiteral text: String) { self = .text(Array(text.utf8)) }
  public init(nilLiteral: ()) { self = .null }
}

// MARK: - Transactions that come whole

extension PgOutputEncoder {
  /// Message: Begin (`B`).
  ///
  /// - Parameters:
  ///   - finalLSN: The position of the transaction's commit.
  ///   - commitTime: When it was committed, by the server's clock.
  ///   - xid: The transaction's id.
  public static func begin(
    finalLSN: LSN, commitTime: PostgresTimestamp, xid: UInt32
  ) -> [UInt8] {
    message("B") { output in
      output.write(finalLSN)
      output.write(commitTime.microseconds)
      output.write(xid)
    }
  }

  /// Message: Commit (`C`).
  ///
  /// - Parameters:
  ///   - commitLSN: The position of the commit, which Begin has announced.
  ///   - endLSN: The end of the commit's record: the position to acknowledge.
  ///   - commitTime: When it was committed, by the server's clock.
  public static func commit(
    commitLSN: LSN, endLSN: LSN, commitTime: PostgresTimestamp
  ) -> [UInt8] {
    message("C") { output in
      output.write(UInt8(0))  // Flags, of which there are none.
      output.write(commitLSN)
      output.write(endLSN)
      output.write(commitTime.microseconds)
    }
  }

  /// Message: Origin (`O`), right after Begin.
  ///
  /// - Parameters:
  ///   - commitLSN: The position of the commit on the server where the changes were made.
  ///   - name: That origin's name.
  public static func origin(commitLSN: LSN, name: String) -> [UInt8] {
    message("O") { output in
      output.write(commitLSN)
      output.writeCString(name)
    }
  }

  /// Message: Message (`M`), written by `pg_logical_emit_message`.
  ///
  /// Since server 14.
  ///
  /// - Parameters:
  ///   - isTransactional: Whether it belongs to the transaction that is open.
  ///   - lsn: Its position.
  ///   - prefix: What kind of message it is.
  ///   - content: Any bytes.
  public static func message(
    isTransactional: Bool, lsn: LSN, prefix: String, content: [UInt8]
  ) -> [UInt8] {
    message("M") { output in
      output.write(UInt8(isTransactional ? 1 : 0))
      output.write(lsn)
      output.writeCString(prefix)
      output.write(Int32(truncatingIfNeeded: content.count))
      output.write(contentsOf: content)
    }
  }
}
