public import PGOutput

extension Duplex {
  /// The values of added columns in rows that existed before.
  ///
  /// `ALTER TABLE … ADD COLUMN … DEFAULT …` gives a value to existing rows, and the stream does not
  /// send those again. The server computes a default that is not volatile once, and stores the
  /// value for these rows; this function asks for it. A copy of the table sets the column of all
  /// its rows to the value before it applies the next change. For ``EarlierValue/unknown(_:)`` the
  /// column has to be read from the table; the reason says why.
  ///
  /// It reads the current catalog, over a separate connection (libpq) that is closed afterwards;
  /// the stream may be behind. The text of `money` depends on the database's `lc_monetary`.
  ///
  /// A column that a publication did not include before also looks like an added one. This is
  /// detected as long as a publication has a column list for the table, but not if the whole list
  /// was removed.
  ///
  /// - Parameters:
  ///   - columns: The columns that were added, `RelationDifference.added` for example.
  ///   - relation: The table; a root of partitions, if the stream has its changes.
  /// - Returns: One result for each of the columns, in their order.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  ///
  /// `pg_attribute.attmissingval` (since server 11):
  /// <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
  public func earlierValues(
    of columns: [Relation.Column], in relation: Relation
  ) async throws(ReplicationError) -> [AddedColumn] {
    guard !columns.isEmpty else { return [] }
    let oid = relation.oid
    return try await withControlConnection(server) { control throws(ControlError) in
      try control.earlierValues(of: columns, in: oid)
    }
  }

  /// The values, in rows that existed before, of the columns that a change of the table's shape
  /// added.
  ///
  /// Like ``earlierValues(of:in:)``. If no column was added, or if the stream has not sent the
  /// table before, the server is not asked and the result is empty; to know what was added while no
  /// stream was open, keep the relation, and compare it by `Relation.difference(from:)`.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func earlierValues(
    of change: RelationChange
  ) async throws(ReplicationError) -> [AddedColumn] {
    try await earlierValues(of: change.difference?.added ?? [], in: change.relation)
  }
}
