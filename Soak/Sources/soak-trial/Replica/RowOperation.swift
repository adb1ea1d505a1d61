import PGOutput
import ReplicationCore

/// A change of a transaction, without the memory of the stream that brought it.
enum RowOperation: Sendable {
  case insert(Relation, HashedRow)
  case update(Relation, old: HashedRow?, new: HashedRow)
  case delete(Relation, HashedRow)
  case truncate([Relation])
  case shape(Relation)

  /// - Returns: `nil` for a change that concerns no row.
  init?(_ change: TransactionChange) throws {
    switch change {
    case .insert(let row):
      self = .insert(row.relation, try row.withRow { try HashedRow($0) })
    case .update(let row):
      self = .update(
        row.relation, old: try row.withOldRow { try HashedRow($0) },
        new: try row.withRow { try HashedRow($0) })
    case .delete(let row):
      self = .delete(row.relation, try row.withRow { try HashedRow($0) })
    case .truncate(let truncate, _): self = .truncate(truncate.relations)
    case .relation(let change): self = .shape(change.relation)
    case .message: return nil
    @unknown default: throw SoakError("an unknown kind of change")
    }
  }

  /// - Returns: `nil` for a change that concerns no row.
  init?(_ change: ProvisionalChange) throws {
    switch change.content {
    case .insert(let row):
      self = .insert(row.relation, try row.withRow { try HashedRow($0) })
    case .update(let row):
      self = .update(
        row.relation, old: try row.withOldRow { try HashedRow($0) },
        new: try row.withRow { try HashedRow($0) })
    case .delete(let row):
      self = .delete(row.relation, try row.withRow { try HashedRow($0) })
    case .truncate(let truncate, _): self = .truncate(truncate.relations)
    case .relation(let change): self = .shape(change.relation)
    case .message: return nil
    @unknown default: throw SoakError("an unknown kind of provisional change")
    }
  }

  /// The tables that it concerns, as they were then.
  var relations: [Relation] {
    switch self {
    case .insert(let relation, _), .update(let relation, _, _), .delete(let relation, _),
      .shape(let relation):
      [relation]
    case .truncate(let relations): relations
    }
  }

  /// The marker that it brings, if it does.
  var marker: String? {
    guard case .insert(let relation, let row) = self, relation.namespace == "soak",
      relation.name == "marker"
    else { return nil }
    return row.key.first
  }
}
