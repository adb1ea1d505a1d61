internal import CDCTime
internal import Logging
internal import PGWire
internal import ReplicationCore

/// An incremental snapshot of a table that is updated meanwhile: how long it takes, and how long
/// transactions are on their way before it and during it.
struct SnapshotCost {
  let url: String
  let slot: String
  /// How many seconds to watch the stream before it.
  let secondsBefore: Int
  let workers: Int

  private static let table = "pgcdc_bench.items"
  private static let clock = ContinuousClock()

  private struct Ended: Error {}

  func run() async throws {
    var params = ReplicationParams(
      connection: try ConnectionOptions(server: url), slot: slot, publications: ["p"])
    params.logger.logLevel = .warning
    var snapshot = IncrementalSnapshotOptions()
    snapshot.workers = workers
    // Nothing is read before it is asked for.
    snapshot.tables = []
    var options = SubscriptionOptions()
    options.snapshot = .incremental(snapshot)
    let subscription = try Subscription(params, options: options)
    try await watch(subscription)
    try await subscription.close()
  }

  private func watch(_ subscription: Subscription) async throws {
    var before = Latencies()
    var during = Latencies()
    var rows = 0
    var asking: Task<Void, any Error>?
    var (start, processor) = (Self.clock.now, 0.0)
    var warmEnd: ContinuousClock.Instant?
    for try await item in subscription.items {
      switch item {
      case .transaction(let transaction):
        let latency = transaction.commitTime.map {
          PostgresTimestamp.now().microseconds - $0.microseconds
        }
        // The first ones are what had piled up.
        let now = Self.clock.now
        let begin = warmEnd ?? now + .seconds(1)
        warmEnd = begin
        if asking != nil {
          during.add(latency)
        } else if now >= begin + .seconds(secondsBefore) {
          (start, processor) = (now, System.processorSeconds())
          asking = Task { _ = try await subscription.snapshot(of: [Self.table]) }
        } else if now >= begin {
          before.add(latency)
        }
        transaction.acknowledge()
      case .rangeBegins(let chunk):
        for try await batch in chunk.batches { rows += batch.rowCount }
        chunk.acknowledge()
      case .tableIsWhole:
        let seconds = (Self.clock.now - start) / .seconds(1)
        let used = System.processorSeconds() - processor
        try await asking?.value
        print(rows, seconds, used, before.summary, during.summary)
        return
      @unknown default: break
      }
    }
    throw Ended()
  }
}

/// How long transactions took from their commit to their receiver, in microseconds, by the clock of
/// one machine.
private struct Latencies {
  private var values: [Int64] = []

  mutating func add(_ latency: Int64?) {
    if let latency { values.append(latency) }
  }

  /// How many, the 50th and the 99th percentile, the most.
  var summary: String {
    let sorted = values.sorted()
    guard let most = sorted.last else { return "0 0 0 0" }
    func percentile(_ percent: Int) -> Int64 {
      sorted[min(sorted.count * percent / 100, sorted.count - 1)]
    }
    return "\(sorted.count) \(percentile(50)) \(percentile(99)) \(most)"
  }
}
