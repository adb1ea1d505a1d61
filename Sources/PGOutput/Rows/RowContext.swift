public import PGWire

/// What the columns of one row have in common; only a ``RowReader`` makes one.
public struct RowContext {
  @usableFromInline let layout: RowLayout
  /// The layout's, in reach without it.
  @usableFromInline let builtinTypes: [BuiltinType?]
  @usableFromInline let lsn: LSN
  @usableFromInline let kind: TupleData.Kind

  @inlinable init(_ layout: RowLayout, at lsn: LSN, _ kind: TupleData.Kind) {
    self.layout = layout
    builtinTypes = layout.builtinTypes
    self.lsn = lsn
    self.kind = kind
  }
}

extension RowContext {
  func failure(_ column: Int, _ reason: RowError.Reason, _ bytes: [UInt8]? = nil) -> RowError {
    RowError(
      table: layout.relation.qualifiedName, column: layout.relation.columns[column].name,
      type: layout.types[column], lsn: lsn, reason: reason, bytes: bytes)
  }

  func noSuchColumn(_ name: String) -> RowError {
    RowError(
      table: layout.relation.qualifiedName, column: name, type: nil, lsn: lsn,
      reason: .noSuchColumn, bytes: nil)
  }
}
