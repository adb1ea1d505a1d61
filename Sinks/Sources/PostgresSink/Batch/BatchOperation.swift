/// One thing to be done in the target.
///
/// Tables are given by the number of their shape, which a ``shape(_:_:)`` has said before, and rows
/// by the place of their first cell.
enum BatchOperation: Sendable {
  /// A table looks like this from here on.
  case shape(Int, SourceTable)
  /// A row was inserted.
  case insert(Int, row: Int)
  /// A row was updated; `old` is what was sent of it as it was before.
  case update(Int, row: Int, old: Int?)
  /// A row was deleted, of which this was sent.
  case delete(Int, old: Int)
  /// Tables were emptied.
  case truncate([Int], restartsIdentity: Bool, cascades: Bool)
  /// A range of a table was read: what the target has in it is void. Rows follow.
  case clear(Int, ClearedRange?)
  /// Rows that were read, which lie one behind the other.
  case rows(Int, first: Int, count: Int)
  /// A transaction, committed at that time, or a range has ended: all before it can be committed.
  case end(String?)
  /// What was written since the last end is void.
  case undo
}

/// A part of a table, by its key.
struct ClearedRange: Hashable, Sendable {
  /// The condition that a row lies in it, as SQL.
  let condition: String
  /// The columns of the key.
  let columns: [String]
}
