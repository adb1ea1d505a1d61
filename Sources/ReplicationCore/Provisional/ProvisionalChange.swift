public import PGOutput
public import PGWire

/// A change of a transaction that is still in progress.
///
/// It may be rolled back, alone or with all of its transaction, and so it is no ``Change``;
/// ``StagedTransaction/change(_:)`` makes one of it. What is staged elsewhere is to be staged under
/// ``xid`` and ``subxid``, which is what aborts and commits name.
public struct ProvisionalChange: Sendable {
  /// What was done.
  @nonexhaustive public enum Content: Sendable {
    /// A row was inserted.
    case insert(ProvisionalRow)
    /// A row was updated.
    case update(ProvisionalRow)
    /// A row was deleted.
    case delete(ProvisionalRow)
    /// Tables were emptied.
    case truncate(Truncate, at: LSN)
    /// What `pg_logical_emit_message` has written, if ``ReplicationParams/messages`` asks for it.
    case message(LogicalMessage)
    /// A table comes into the stream, or has got another shape: the changes from here on have it.
    case relation(RelationChange)
  }

  /// The subtransaction that has made it; the same as ``xid`` outside of subtransactions.
  public let subxid: UInt32
  let change: Change
  let transaction: TransactionInProgress

  /// The transaction that it belongs to.
  public var xid: UInt32 { transaction.xid }

  /// What was done.
  public var content: Content {
    switch change {
    case .insert(let row): .insert(ProvisionalRow(row: row))
    case .update(let row): .update(ProvisionalRow(row: row))
    case .delete(let row): .delete(ProvisionalRow(row: row))
    case .truncate(let truncate, let lsn): .truncate(truncate, at: lsn)
    case .message(let message): .message(message)
    case .relation(let change): .relation(change)
    }
  }

  /// The same change in memory of its own, so that the stream's buffer is released.
  public func copy() -> ProvisionalChange {
    let copied: Change =
      switch change {
      case .insert(let row): .insert(row.copy())
      case .update(let row): .update(row.copy())
      case .delete(let row): .delete(row.copy())
      default: change
      }
    return ProvisionalChange(subxid: subxid, change: copied, transaction: transaction)
  }
}

/// A row that a transaction in progress has inserted, updated or deleted.
///
/// It is read as a ``RowChange`` is, which it is not yet.
public struct ProvisionalRow: Sendable {
  let row: RowChange

  /// The table, as it was at this point of the log.
  public var relation: Relation { row.relation }
  /// The position of the change.
  public var lsn: LSN { row.lsn }

  /// Lends the change as the message that it came in, as ``RowChange/withMessage(_:)``.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try row.withMessage(body)
  }

  /// Lends the row, as ``RowChange/withRow(_:)``.
  public func withRow<R>(_ body: (Row) throws -> R) throws -> R {
    try row.withRow(body)
  }

  /// Lends what was sent of the row before, as ``RowChange/withOldRow(_:)``.
  public func withOldRow<R>(_ body: (Row) throws -> R) throws -> R? {
    try row.withOldRow(body)
  }

  /// The row as a value, as ``RowChange/decode(_:keys:)``.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, keys: RowKeyStrategy = .asIs
  ) throws -> Value {
    try row.decode(type, keys: keys)
  }
}
