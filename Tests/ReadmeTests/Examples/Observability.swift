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

func findBottleneck(_ subscription: Subscription) async throws {
  let lag = try await subscription.lag()
  print("behind: \(lag.bytes) bytes, \(lag.time.map { "\($0)" } ?? "unknown time")")
  for step in lag.steps {
    print("\(step.stage) at \(step.position): \(step.bytes) bytes behind")
  }
  if let stage = lag.bottleneck { print("held up at: \(stage)") }
}

func withLog(_ params: ReplicationParams) -> ReplicationParams {
  var params = params
  params.logger = Logger(label: "orders-connector")
  params.logger.logLevel = .info
  return params
}
