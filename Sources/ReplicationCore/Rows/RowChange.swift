public import PGOutput
public import PGWire

/// A row that a transaction has inserted, updated or deleted.
///
/// It owns its bytes and may be kept. While it is, the piece of the stream's buffer that they lie
/// in stays alive and counts against the byte budget, and with it some 16 KiB that say where the
/// rows of that piece and their columns lie; ``copy()`` releases both. Columns are decoded when
/// they are asked for:
///
///     let order = try change.decode(Order.self, keys: .convertFromSnakeCase)
///     let id = try change.withRow { row in try row["id", as: Int64.self] }
public struct RowChange: Sendable {
  @usableFromInline let block: RowBlock
  /// Which of the block's rows it is.
  @usableFromInline let index: Int

  init(_ block: RowBlock, _ index: Int) {
    self.block = block
    self.index = index
  }

  /// The table, as it was at this point of the log.
  @inlinable public var relation: Relation { block.relation(index) }

  /// The position of the change.
  @inlinable public var lsn: LSN { block.entry(index).lsn }

  /// The subtransaction that has made it, in a transaction that was streamed.
  @inlinable public var subxid: UInt32? { block.entry(index).subxid }

  /// The plugin's message.
  ///
  /// Of an update that incremental snapshots have made an insertion or a deletion it is the update.
  @inlinable public var payload: Payload { block.payload(index) }

  /// Passes the change as the message that it came in.
  ///
  /// - Throws: What `body` throws.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try block.withMessage(of: index, body)
  }

  /// Passes the row: after the change, or of a deletion what was sent of the row before.
  ///
  /// After an update it is filled from the old row where that has what the new one lacks.
  ///
  /// - Throws: What `body` throws, which are `RowError`s for columns that can't be decoded.
  @inlinable public func withRow<R>(_ body: (Row) throws -> R) throws -> R {
    try block.readers.use { rows in
      try block.withTuples(of: index) { new, old in
        if let new { return try rows.read(new, old: old, of: relation, at: lsn, body) }
        guard let old else { throw ReplicationError.closed }
        return try rows.read(old, of: relation, at: lsn, body)
      }
    }
  }

  /// Passes what was sent of the row before an update or a deletion.
  ///
  /// - Returns: `nil` if nothing was: of an insert, and of an update that left the key as it was
  ///   where the replica identity isn't full.
  /// - Throws: As ``withRow(_:)`` does.
  @inlinable public func withOldRow<R>(_ body: (Row) throws -> R) throws -> R? {
    try block.readers.use { rows in
      try block.withTuples(of: index) { _, old in
        guard let old else { return nil }
        return try rows.read(old, of: relation, at: lsn, body)
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
  public func copy() -> RowChange { RowChange(block.copy(of: index, in: payload.copy()), 0) }

  /// An update of the key as the deletion of the old row, where only that is to be delivered; `nil`
  /// unless an old row was sent.
  var asDelete: RowChange? {
    guard case .update(let kind?) = block.entry(index).kind else { return nil }
    return RowChange(block.copy(of: index, as: .delete(kind), in: payload), 0)
  }

  /// An update of the key as the insertion of the new row, where only that is to be delivered.
  var asInsert: RowChange { RowChange(block.copy(of: index, as: .insert, in: payload), 0) }

  /// Passes the tuples as the wire has them.
  func withTuples<R>(_ body: (_ new: TupleData?, _ old: TupleData?) throws -> R) throws -> R {
    try block.withTuples(of: index, body)
  }
}
