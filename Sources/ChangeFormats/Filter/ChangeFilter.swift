public import PGOutput

/// Which tables are written, and what becomes of the values of their columns.
///
/// Both questions are asked once for each shape of a table, and not for each row. Keys are never
/// changed: a column that is part of a record's key, of the primary key or of the replica identity
/// (unless that is `FULL`) is refused when its table is first met, by
/// ``FormatError/column(_:table:column:)``.
public struct ChangeFilter: Sendable {
  /// Whether a table's changes are written.
  public var includesTable: @Sendable (_ schema: String, _ table: String) -> Bool = { _, _ in true }

  /// What becomes of a column's values.
  public var treatment: @Sendable (Relation.Column, Relation) -> ColumnTreatment = { _, _ in .asIs }

  /// The columns that a table must have, since rules name them.
  var namedColumns: @Sendable (Relation) -> [String] = { _ in [] }

  /// All tables, with all columns as they are.
  public init() {}
}
