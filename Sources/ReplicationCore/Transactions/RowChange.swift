public import PGOutput
public import PGWire

/// A row that a transaction has inserted, updated or deleted.
///
/// It owns its bytes and may be kept; while it is, the piece of the stream's buffer that they lie
/// in stays alive and counts against the byte budget, and ``copy()`` lets go of that. Columns are
/// decoded when they are asked for:
///
///     let order = try change.decode(Order.self, keys: .convertFromSnakeCase)
///     let id = try change.withRow { row in try row["id", as: Int64.self] }
public struct RowChange: Sendable {
  /// The table, as it was at this point of the log.
  public let relation: Relation
  /// The position of the change.
  public let lsn: LSN
  /// The subtransaction that has made it, in a transaction that was streamed.
  public let subxid: UInt32?
  /// The plugin's message.
  public let payload: Payload
  private let readers: RowReaders

  init(
    _ relation: Relation, _ payload: Payload, at lsn: LSN, subxid: UInt32?, _ readers: RowReaders
  ) {
    self.relation = relation
    self.payload = payload
    self.lsn = lsn
    self.subxid = subxid
    self.readers = readers
  }

  /// Lends the change as the message that it came in.
  ///
  /// - Throws: `PgOutputError`, or what `body` throws.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try readers.use { reader in
      reader.decoder.readRows(of: relation, inBlockOf: subxid)
      let lsn = lsn
      return try payload.withBytes { bytes in
        try reader.decoder.decode(bytes, at: lsn, wrappingErrors: { $0 as any Error }, body)
      }
    }
  }

  /// Lends the row: after the change, or of a deletion what was sent of the row before.
  ///
  /// After an update it is filled from the old row where that has what the new one lacks.
  ///
  /// - Throws: What `body` throws, which are `RowError`s for columns that can't be had.
  public func withRow<R>(_ body: (Row) throws -> R) throws -> R {
    try read { message, rows in
      switch message {
      case .insert(_, let new): try rows.read(new, of: relation, at: lsn, body)
      case .update(_, let old?, let new):
        try rows.read(new, old: old, of: relation, at: lsn, body)
      case .update(_, nil, let new): try rows.read(new, of: relation, at: lsn, body)
      case .delete(_, let old): try rows.read(old, of: relation, at: lsn, body)
      default: throw ReplicationError.closed
      }
    }
  }

  /// Lends what was sent of the row before an update or a deletion.
  ///
  /// - Returns: `nil` if nothing was: of an insert, and of an update that left the key as it was
  ///   where the replica identity isn't full.
  /// - Throws: As ``withRow(_:)`` does.
  public func withOldRow<R>(_ body: (Row) throws -> R) throws -> R? {
    try read { message, rows in
      switch message {
      case .update(_, let old?, _), .delete(_, let old):
        try rows.read(old, of: relation, at: lsn, body)
      default: nil
      }
    }
  }

  /// The row as a value, by the names of its columns.
  ///
  /// - Throws: `RowError` if a property's column is missing, NULL or not known, or doesn't fit.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, keys: RowKeyStrategy = .asIs
  ) throws -> Value {
    try withRow { try $0.decode(type, keys: keys) }
  }

  /// The same change in memory of its own.
  public func copy() -> RowChange {
    RowChange(relation, payload.copy(), at: lsn, subxid: subxid, readers)
  }

  private func read<R>(_ body: (PgOutputMessage, RowReader) throws -> R) throws -> R {
    try readers.use { reader in
      reader.decoder.readRows(of: relation, inBlockOf: subxid)
      let lsn = lsn
      let rows = reader.rows
      return try payload.withBytes { bytes in
        try reader.decoder.decode(bytes, at: lsn, wrappingErrors: { $0 as any Error }) { message in
          try body(message, rows)
        }
      }
    }
  }
}
