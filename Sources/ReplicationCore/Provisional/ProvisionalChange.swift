public import PGOutput
public import PGWire

/// A change of a transaction that is still in progress.
///
/// It may be rolled back, alone or with its whole transaction, so it is not a ``TransactionChange`` yet;
/// ``StagedTransaction/change(_:)`` turns it into one. To stage it elsewhere, store it under
/// ``xid`` and ``subxid``, which aborts and commits refer to.
public struct ProvisionalChange: Sendable {
  /// What was done.
  @nonexhaustive public enum Content: Sendable {
    /// A row was inserted.
    case insert(ProvisionalRow)
    /// A row was updated.
    case update(ProvisionalRow)
    /// A row was deleted.
    case delete(ProvisionalRow)
    /// Tables were truncated.
    case truncate(Truncate, at: LSN)
    /// A message written by `pg_logical_emit_message`, with ``ReplicationParams/messages``.
    case message(LogicalMessage)
    /// A table appears in the stream, or has a new shape: later changes have that shape.
    case relation(RelationChange)
  }

  /// The subtransaction that has made it; the same as ``xid`` outside of subtransactions.
  public let subxid: UInt32
  let change: TransactionChange
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
    let copied: TransactionChange =
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
/// It is read like a ``RowChange``, but is not one yet.
public struct ProvisionalRow: Sendable {
  let row: RowChange

  /// The table, as it was at this point of the log.
  public var relation: Relation { row.relation }
  /// The position of the change.
  public var lsn: LSN { row.lsn }

  /// Passes the change as the message that it came in, like ``RowChange/withMessage(_:)``.
  public func withMessage<R>(_ body: (PgOutputMessage) throws -> R) throws -> R {
    try row.withMessage(body)
  }

  /// Passes the row, like ``RowChange/withRow(_:)``.
  public func withRow<R>(_ body: (RowView) throws -> R) throws -> R {
    try row.withRow(body)
  }

  /// Passes the part of the old row that was sent, like ``RowChange/withOldRow(_:)``.
  public func withOldRow<R>(_ body: (RowView) throws -> R) throws -> R? {
    try row.withOldRow(body)
  }

  /// Decodes the row as a value, like ``RowChange/decode(_:keys:)``.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, keys: RowKeyStrategy = .asIs
  ) throws -> Value {
    try row.decode(type, keys: keys)
  }
}
