import Logging
import ReplicationCore

func watch(_ subscription: Subscription) async throws {
  while !Task.isCancelled {
    let statistics = subscription.statistics
    print("transactions not acknowledged: \(statistics.unacknowledged)")
    print("dropped without an acknowledgement: \(statistics.abandoned)")
    if let stream = statistics.stream {
      print("behind: \(stream.lagBytes) bytes, \(stream.lag())")
      print("waiting for the consumer: \(stream.undeliveredBytes) bytes of WAL")
    }
    if let health = try await subscription.slotHealth() {
      print("the server keeps \(health.retainedBytes ?? 0) bytes of WAL for the slot")
      if let loss = health.expectedLoss { print("the slot is lost in \(loss.after)") }
    }
    try await Task.sleep(for: .seconds(10))
  }
}

func withLog(_ params: ReplicationParams) -> ReplicationParams {
  var params = params
  params.logger = Logger(label: "orders-connector")
  params.logger.logLevel = .info
  return params
}
