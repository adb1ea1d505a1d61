public import PGOutput
public import PGWire

/// One of the changes that a transaction consists of, in their order.
@nonexhaustive public enum Change: Sendable {
  /// A row was inserted.
  case insert(RowChange)
  /// A row was updated.
  case update(RowChange)
  /// A row was deleted.
  case delete(RowChange)
  /// Tables were emptied.
  case truncate(Truncate, at: LSN)
  /// What `pg_logical_emit_message` has written, if ``ReplicationParams/messages`` asks for it.
  case message(LogicalMessage)
  /// A table comes into the stream, or has got another shape: the changes from here on have it.
  case relation(RelationChange)
}

extension Change {
  /// The row change, if it is one.
  @inlinable public var row: RowChange? {
    switch self {
    case .insert(let row), .update(let row), .delete(let row): row
    default: nil
    }
  }
}

extension RowChange {
  /// The change that it is.
  @inline(__always)
  var change: Change {
    switch block.entry(index).kind {
    case .insert: .insert(self)
    case .update: .update(self)
    case .delete: .delete(self)
    }
  }
}
