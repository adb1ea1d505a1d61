public import PGOutput

extension Subscription {
  /// What rows have in columns that were added after them, as ``Duplex/earlierValues(of:in:)``.
  ///
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func earlierValues(
    of columns: [Relation.Column], in relation: Relation
  ) async throws(ReplicationError) -> [AddedColumn] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.earlierValues(of: columns, in: relation)
  }

  /// What rows have in the columns that a change of their table's shape has added, as
  /// ``Duplex/earlierValues(of:)``.
  ///
  /// - Throws: ``ReplicationError/closed`` while no stream is open.
  public func earlierValues(
    of change: RelationChange
  ) async throws(ReplicationError) -> [AddedColumn] {
    guard let stream = context.control.stream else { throw .closed }
    return try await stream.earlierValues(of: change)
  }
}
