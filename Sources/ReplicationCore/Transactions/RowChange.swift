public import PGOutput
public import PGWire

/// A row that a transaction has inserted, updated or deleted.
///
/// It owns its bytes and may be kept. While it is, the piece of the stream's buffer that they lie
/// in stays alive and counts against the byte budget, and where its columns lie takes 12 bytes a
/// column; ``copy()`` releases the buffer. Columns are decoded when they are asked for:
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
  ///
  /// Of an update that incremental snapshots have made an insertion or a deletion it is the update.
  public let payload: Payload
  private let tuples: KeptTuples
  private let readers: RowReaders

  init(
    _ relation: Relation, _ tuples: KeptTuples, in payload: Payload, at lsn: LSN, subxid: UInt32?,
    _ readers: RowReaders
  ) {
    self.relation = relation
    self.tuples = tuples
    self.payload = payload
    self.lsn = lsn
    self.subxid = subxid
    self.readers = readers
  }

  /// Passes the change as the message that it came in.
  ///
  /// - Throws: What `body` throws.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try payload.withBytes { bytes in
      try tuples.withMessage(of: relation, in: bytes, body)
    }
  }

  /// Passes the row: after the change, or of a deletion what was sent of the row before.
  ///
  /// After an update it is filled from the old row where that has what the new one lacks.
  ///
  /// - Throws: What `body` throws, which are `RowError`s for columns that can't be decoded.
  public func withRow<R>(_ body: (Row) throws -> R) throws -> R {
    try read { new, old, rows in
      if let new { return try rows.read(new, old: old, of: relation, at: lsn, body) }
      guard let old else { throw ReplicationError.closed }
      return try rows.read(old, of: relation, at: lsn, body)
    }
  }

  /// Passes what was sent of the row before an update or a deletion.
  ///
  /// - Returns: `nil` if nothing was: of an insert, and of an update that left the key as it was
  ///   where the replica identity isn't full.
  /// - Throws: As ``withRow(_:)`` does.
  public func withOldRow<R>(_ body: (Row) throws -> R) throws -> R? {
    try read { _, old, rows in
      guard let old else { return nil }
      return try rows.read(old, of: relation, at: lsn, body)
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
    RowChange(relation, tuples.copy(), in: payload.copy(), at: lsn, subxid: subxid, readers)
  }

  /// An update of the key as the deletion of the old row, where only that is to be delivered.
  var asDelete: RowChange? { tuples.asDelete.map { replacing($0) } }

  /// An update of the key as the insertion of the new row, where only that is to be delivered.
  var asInsert: RowChange { replacing(tuples.asInsert) }

  private func replacing(_ tuples: KeptTuples) -> RowChange {
    RowChange(relation, tuples, in: payload, at: lsn, subxid: subxid, readers)
  }

  /// Passes the tuples as the wire has them.
  func withTuples<R>(_ body: (_ new: TupleData?, _ old: TupleData?) throws -> R) throws -> R {
    try payload.withBytes { bytes in try tuples.withTuples(in: bytes, body) }
  }

  @inline(__always)
  private func read<R>(_ body: (TupleData?, TupleData?, RowReader) throws -> R) throws -> R {
    try readers.use { rows in
      try payload.withBytes { bytes in
        try tuples.withTuples(in: bytes) { new, old in try body(new, old, rows) }
      }
    }
  }
}
