public import PGOutput

/// A row of a test's table: its values by the names of their columns.
public typealias TestRow = [String: TestValue]

extension TestRow {
  /// What a row of a stream or of a snapshot holds, to be compared with ``TestDatabase/rows(of:)``.
  ///
  /// Columns that were not sent, or are unchanged, are left out.
  ///
  /// - Throws: `RowError` for a value whose text is unknown.
  public init(_ row: RowView) throws(RowError) {
    self.init()
    for (index, column) in row.relation.columns.enumerated() where row.isKnown(index) {
      let text = try row[index, as: String?.self]
      self[column.name] = TestValue(text)
    }
  }
}
