import PGOutput
import ReplicationCore

/// Which columns are the key of a table's records.
enum RecordKey {
  /// The columns' indices, in the key's order; empty if the records have no key.
  ///
  /// - Parameters:
  ///   - description: What the catalog says of the table, if that is known.
  ///   - chosen: The names that the caller wants; `nil` for the table's own.
  /// - Throws: ``FormatError/column(_:table:column:)`` if a wanted column is missing, or old rows
  ///   don't have it.
  static func columns(
    of relation: Relation, _ description: TableDescription?, chosen: [String]?
  ) throws(FormatError) -> [Int] {
    guard let chosen else { return ownColumns(of: relation, description) }
    let sendsKeys = relation.replicaIdentity != .full && relation.columns.contains(where: \.isKey)
    var indices: [Int] = []
    for name in chosen {
      guard let index = relation.columns.firstIndex(where: { $0.name == name }) else {
        throw .column(.missingFromKey, table: relation.qualifiedName, column: name)
      }
      guard !sendsKeys || relation.columns[index].isKey else {
        throw .column(.outsideIdentity, table: relation.qualifiedName, column: name)
      }
      indices.append(index)
    }
    return indices
  }

  /// The primary key if old rows have it, or else the replica identity unless it is the whole row.
  private static func ownColumns(
    of relation: Relation, _ description: TableDescription?
  ) -> [Int] {
    let primary = primaryKey(of: relation, description)
    if relation.replicaIdentity == .full || relation.replicaIdentity == .nothing { return primary }
    let identity = relation.columns.indices.filter { relation.columns[$0].isKey }
    return Set(primary) == Set(identity) ? primary : identity
  }

  /// The columns of the primary key; none if it isn't known, or not all of it is published.
  static func primaryKey(of relation: Relation, _ description: TableDescription?) -> [Int] {
    let names = description?.primaryKey ?? []
    let indices = names.compactMap { name in
      relation.columns.firstIndex { $0.name == name }
    }
    return indices.count == names.count ? indices : []
  }
}
