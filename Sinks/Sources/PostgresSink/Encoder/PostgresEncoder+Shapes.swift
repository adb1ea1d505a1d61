internal import Logging
internal import PGOutput
internal import ReplicationCore

/// What the target has to know of a table before its rows.
extension PostgresEncoder {
  /// The number of the shape that a table's rows have, which is described if it is new.
  ///
  /// - Parameters:
  ///   - table: The table as a snapshot reads it; `nil` in the stream.
  ///   - isReadWhole: Whether the snapshot reads all of it at once.
  mutating func shape(
    of relation: Relation, to batch: PostgresBatch, readBy table: SnapshotTable? = nil,
    isReadWhole: Bool = false
  ) async throws -> Int {
    if let shape = shapes[relation.oid] {
      if shape.relation === relation { return shape.number }
      if shape.relation.hasSameShape(as: relation) {
        shapes[relation.oid]?.relation = relation
        return shape.number
      }
    }
    let source = try await describe(relation, table, isReadWhole)
    let number = takeShapeNumber()
    batch.update { $0.append(.shape(number, source)) }
    if let former = source.former, former.isGone { known[former.oid] = nil }
    known[relation.oid] = relation
    shapes[relation.oid] = Shape(number: number, relation: relation)
    return number
  }

  private mutating func describe(
    _ relation: Relation, _ table: SnapshotTable?, _ isReadWhole: Bool
  ) async throws -> SourceTable {
    if let table {
      for entry in table.types.types { types.insert(entry) }
    } else {
      try await learnTypes(of: relation)
    }
    let other = known.first { oid, other in
      oid != relation.oid && other.namespace == relation.namespace && other.name == relation.name
    }?.key
    let catalog = SourceCatalog(connection: subscription.params.connection)
    let oid = relation.oid
    let facts = try await askSource { () async throws(ReplicationError) in
      try await catalog.facts(of: oid, and: other)
    }
    let earlier = isReadWhole ? [:] : try await earlierValues(relation)
    let columns = relation.columns.map { column in
      SourceColumn(
        name: column.name, isKey: column.isKey, type: SourceType(column, types),
        order: facts.orders[column.name], earlierValue: earlier[column.name])
    }
    let published = Set(relation.columns.map(\.name))
    return SourceTable(
      relation, columns: columns,
      primaryKey: published.isSuperset(of: facts.primaryKey) ? facts.primaryKey : [],
      isReadWhole: isReadWhole,
      former: other.map { .init(oid: $0, isGone: !facts.existing.contains($0)) })
  }

  /// Asks for the types of the columns that aren't built in, again for each shape: an enum may have
  /// got labels.
  private mutating func learnTypes(of relation: Relation) async throws {
    let wanted = relation.columns.map(\.typeOID).filter { oid in
      BuiltinType(oid: oid) == nil && BuiltinType(arrayOID: oid) == nil
    }
    guard !wanted.isEmpty else { return }
    let subscription = subscription
    let entries = try await askSource { () async throws(ReplicationError) in
      try await subscription.describeTypes(wanted)
    }
    for entry in entries { types.insert(entry) }
  }

  /// What rows that were there before have in columns that the target does not have yet.
  private func earlierValues(_ relation: Relation) async throws -> [String: String] {
    let added = known[relation.oid].map { relation.difference(from: $0).added } ?? []
    guard !added.isEmpty else { return [:] }
    let subscription = subscription
    let found = try await askSource { () async throws(ReplicationError) in
      try await subscription.earlierValues(of: added, in: relation)
    }
    var values: [String: String] = [:]
    for column in found {
      switch column.earlierValue {
      case .value(let text): values[column.column.name] = text
      case .null: continue
      case .unknown(let reason):
        logger.warning(
          "a column was added; rows that were there have NULL in the target, which may be wrong",
          metadata: [
            "table": "\(relation.qualifiedName)", "column": "\(column.column.name)",
            "reason": "\(reason)",
          ])
      @unknown default: continue
      }
    }
    return values
  }
}
