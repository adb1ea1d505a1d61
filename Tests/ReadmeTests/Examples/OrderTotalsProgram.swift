import Foundation
import ReplicationCore

func runOrders() async throws {
  guard let url = ProcessInfo.processInfo.environment["DATABASE_URL"] else {
    print("set DATABASE_URL, such as postgresql://cdc@localhost/shop")
    exit(64)
  }
  var params = try ReplicationParams(
    url: url, slot: "totals_slot", publications: ["orders_pub"])
  params.createsSlot = true
  let file = try TotalsFile(path: "totals.json")
  let subscription = try Subscription(params, checkpoints: file)

  // Control-C: the transaction in hand is finished, saved and reported, then the stream closed.
  signal(SIGINT, SIG_IGN)
  let interrupt = DispatchSource.makeSignalSource(signal: SIGINT)
  interrupt.setEventHandler { subscription.stop() }
  interrupt.resume()

  try await countOrders(subscription, in: file)
  for (customer, count) in await file.totals.sorted(by: { $0.key < $1.key }) {
    print(customer, count)
  }
}
