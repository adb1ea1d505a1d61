import PGOutput
import ReplicationCore

struct Order: Decodable {
  let id: Int64
  let customer: String
}

/// Counts the orders of a subscription until it is stopped.
func countOrders(_ subscription: Subscription, in file: TotalsFile) async throws {
  try await subscription.run { transaction in
    var orders: [String: Int] = [:]
    for try await change in transaction.changes {
      guard case .insert(let row) = change else { continue }
      let order = try row.decode(Order.self)
      orders[order.customer, default: 0] += 1
    }
    try await file.add(orders, transaction.checkpoint())
  }
}
