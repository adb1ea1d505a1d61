public import PGOutput

extension Subscription {
  /// The values of added columns in rows that existed before, like
  /// ``Duplex/earlierValues(of:in:)``.
  ///
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func earlierValues(
    of columns: [Relation.Column], in relation: Relation
  ) async throws(ReplicationError) -> [AddedColumn] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.earlierValues(of: columns, in: relation)
  }

  /// The values, in rows that existed before, of the columns that a change of the table's shape
  /// added, like ``Duplex/earlierValues(of:)``.
  ///
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func earlierValues(
    of change: RelationChange
  ) async throws(ReplicationError) -> [AddedColumn] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.earlierValues(of: change)
  }
}
