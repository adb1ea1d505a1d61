import Foundation
import PriceList
import ReplicationCore

/// Follows the table of prices into a file, until Control-C.
func runPriceList() async throws {
  guard let url = ProcessInfo.processInfo.environment["DATABASE_URL"] else {
    print("set DATABASE_URL, such as postgresql://cdc@localhost/shop")
    exit(64)
  }
  let file = try PriceFile(path: "prices.json")
  var options = SubscriptionOptions()
  options.snapshot = .initial()
  let params = try ReplicationParams(
    url: url, slot: "prices_slot", publications: ["prices_pub"])
  let subscription = try Subscription(params, checkpoints: file, options: options)

  signal(SIGINT, SIG_IGN)
  let interrupt = DispatchSource.makeSignalSource(signal: SIGINT)
  interrupt.setEventHandler { subscription.stop() }
  interrupt.resume()

  try await PriceConnector(file).run(subscription)
  for (article, price) in await file.prices.byArticle.sorted(by: { $0.key < $1.key }) {
    print(article, price.cents)
  }
}
