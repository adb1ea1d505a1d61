public import PGOutput
public import PGWire

/// A row that a transaction has inserted, updated or deleted.
///
/// It can be kept. While it is kept, the piece of the stream's buffer that holds its bytes stays
/// alive and counts against the byte budget, together with about 16 KiB that describe where the
/// rows and columns of that piece lie. A ``copy()`` keeps neither alive. Columns are decoded when
/// they are accessed:
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
  /// If incremental snapshots turned an update into an insertion or a deletion, this is the update.
  @inlinable public var payload: Payload { block.payload(index) }

  /// The number of bytes of its message: a measure for batches.
  @inlinable public var byteCount: Int { block.entry(index).message.count }

  /// Passes the change as the message that it came in.
  ///
  /// - Parameter body: Runs once; what it is given is valid only until it returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try block.withMessage(of: index, body)
  }

  /// Passes the row: the new row, or for a deletion the part of the old row that was sent.
  ///
  /// After an update, values that the new row lacks are taken from the old row if it has them.
  ///
  /// - Parameter body: Runs once; what it is given is valid only until it returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, which are `RowError`s for columns that can't be decoded.
  @inlinable public func withRow<R>(_ body: (RowView) throws -> R) throws -> R {
    try block.withReader(of: index) { rows, relation in
      try block.withTuples(of: index) { new, old in
        if let new { return try rows.read(new, old: old, of: relation, at: lsn, body) }
        guard let old else { throw ReplicationError.closed }
        return try rows.read(old, of: relation, at: lsn, body)
      }
    }
  }

  /// Passes the part of the old row that was sent with an update or a deletion.
  ///
  /// - Returns: `nil` if none was sent: for an insert, and for an update that did not change the
  ///   key, unless the replica identity is full.
  /// - Throws: As ``withRow(_:)`` does.
  @inlinable public func withOldRow<R>(_ body: (RowView) throws -> R) throws -> R? {
    try block.withReader(of: index) { rows, relation in
      try block.withTuples(of: index) { _, old in
        guard let old else { return nil }
        return try rows.read(old, of: relation, at: lsn, body)
      }
    }
  }

  /// Decodes the row as a value, by the names of its columns.
  ///
  /// - Parameter keys: How the names of properties follow from those of columns.
  /// - Throws: `RowError` if a property's column is missing, NULL or unknown, or does not fit.
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

  /// Passes the tuples as they were received.
  func withTuples<R>(_ body: (_ new: TupleData?, _ old: TupleData?) throws -> R) throws -> R {
    try block.withTuples(of: index, body)
  }
}
