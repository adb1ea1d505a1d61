import PGOutput
import ReplicationCore

func follow(
  _ change: RelationChange, of subscription: Subscription, in target: some TargetSchema
) async throws {
  guard let difference = change.difference else {
    return try await target.create(change.relation)
  }
  for column in difference.renamed {
    try await target.rename(column.before.name, to: column.after.name, in: change.relation)
  }
  for column in difference.dropped { try await target.drop(column.name, from: change.relation) }
  for added in try await subscription.earlierValues(of: change) {
    switch added.earlierValue {
    case .value(let text): try await target.add(added.column, to: change.relation, filling: text)
    case .null: try await target.add(added.column, to: change.relation, filling: nil)
    case .unknown(let reason):
      try await target.add(added.column, to: change.relation, filling: nil)
      print("read \(added.column.name) of \(change.relation.qualifiedName) again: \(reason)")
    @unknown default: break
    }
  }
}

/// The tables of the target.
protocol TargetSchema {
  func create(_ relation: Relation) async throws
  func rename(_ column: String, to name: String, in relation: Relation) async throws
  func drop(_ column: String, from relation: Relation) async throws
  func add(_ column: Relation.Column, to relation: Relation, filling text: String?) async throws
}
