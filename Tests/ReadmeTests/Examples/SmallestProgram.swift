import Foundation
import PGOutput
import ReplicationCore

func follow(url: String) async throws {
  var params = try ReplicationParams(
    url: url, slot: "orders_slot", publications: ["orders_pub"])
  params.createsSlot = true
  let store = FileCheckpointStore(path: "orders_slot.checkpoint")
  let subscription = try Subscription(params, checkpoints: store)
  try await subscription.run { transaction in
    for try await change in transaction.changes {
      guard case .insert(let row) = change else { continue }
      print(row.relation.qualifiedName, try row.withRow { row in try row["id", as: Int64.self] })
    }
    fflush(nil)  // When this closure returns, the transaction is acknowledged: write it out first.
  }
}
