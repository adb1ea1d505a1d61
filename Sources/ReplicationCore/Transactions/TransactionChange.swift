public import PGOutput
public import PGWire

/// One change of a transaction.
///
/// As small as a row change, which most are: the other cases are kept elsewhere.
@nonexhaustive public enum TransactionChange: Sendable {
  /// A row was inserted.
  case insert(RowChange)
  /// A row was updated.
  case update(RowChange)
  /// A row was deleted.
  case delete(RowChange)
  /// Tables were truncated.
  indirect case truncate(Truncate, at: LSN)
  /// A message written by `pg_logical_emit_message`, with ``ReplicationParams/messages``.
  indirect case message(LogicalMessage)
  /// A table appears in the stream, or has a new shape: later changes have that shape.
  indirect case relation(RelationChange)
}

extension TransactionChange {
  /// The row change, if it is one.
  @inlinable public var row: RowChange? {
    switch self {
    case .insert(let row), .update(let row), .delete(let row): row
    default: nil
    }
  }
}

extension RowChange {
  /// The change as a step.
  @inline(__always)
  var change: TransactionChange {
    switch block.entry(index).kind {
    case .insert: .insert(self)
    case .update: .update(self)
    case .delete: .delete(self)
    }
  }
}
