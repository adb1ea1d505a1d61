public import PGOutput

extension Duplex {
  /// What rows have in columns that were added after them.
  ///
  /// `ALTER TABLE … ADD COLUMN … DEFAULT …` gives a value to rows that are there, and the stream
  /// does not send them again. The server computes a default that is not volatile once, and keeps
  /// the value for these rows; this asks for it. A copy of the table sets the column of all its
  /// rows to the value before it applies the next change. For ``EarlierValue/unknown(_:)`` the
  /// column has to be read from the table; the reason says why.
  ///
  /// The catalogue is read as it is now, over a connection of its own (libpq) that is closed again;
  /// the stream may be behind. The text of `money` depends on the database's `lc_monetary`.
  ///
  /// A column that a publication did not show before looks added too. This is noticed as long as a
  /// publication has a list of columns for the table, not if the whole list was removed.
  ///
  /// - Parameters:
  ///   - columns: The columns that were added, `RelationDifference.added` for example.
  ///   - relation: The table; a root of partitions, if the stream has its changes.
  /// - Returns: One for each of the columns, in their order.
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

  /// What rows have in the columns that a change of their table's shape has added.
  ///
  /// As ``earlierValues(of:in:)``. Nothing is asked and returned if no column was added, or if the
  /// stream has not shown the table before; to know what was added while no stream was open, keep
  /// the relation, and compare it by `Relation.difference(from:)`.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func earlierValues(
    of change: RelationChange
  ) async throws(ReplicationError) -> [AddedColumn] {
    try await earlierValues(of: change.difference?.added ?? [], in: change.relation)
  }
}
