import Foundation
import PGOutput
import ReplicationCore

func follow(url: String) async throws {
  var params = try ReplicationParams(url: url, slot: "my_slot", publications: ["my_publication"])
  params.createsSlot = true
  let store = FileCheckpointStore(path: "my_slot.checkpoint")
  let subscription = try Subscription(params, checkpoints: store)
  for try await transaction in subscription.transactions {
    for try await change in transaction.changes {
      guard case .insert(let row) = change else { continue }
      print(row.relation.qualifiedName, try row.withRow { row in try row["id", as: Int64.self] })
    }
    fflush(nil)  // In a pipe or a file, `print` keeps lines: they are out before this says so.
    transaction.acknowledge()
  }
  try await subscription.close()
}
