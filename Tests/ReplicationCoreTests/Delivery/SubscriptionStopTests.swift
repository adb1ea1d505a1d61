import PGWire
import ReplicationCore
import Synchronization
import Testing

/// Subscriptions that are stopped before they have begun.
@Suite struct SubscriptionStopTests {
  /// A store whose answer takes longer than anybody waits.
  private final class SlowStore: CheckpointStore {
    let isAsked = Atomic<Bool>(false)

    func load() async throws -> Checkpoint? {
      isAsked.store(true, ordering: .releasing)
      try await Task.sleep(for: .seconds(3600))
      return nil
    }

    func save(_ checkpoint: Checkpoint) async throws {}
  }

  private func subscription(_ store: SlowStore) throws -> Subscription {
    let options = try ConnectionOptions("host=/nonexistent user=u")
    return try Subscription(
      ReplicationParams(connection: options, slot: "s", publications: ["p"]), checkpoints: store)
  }

  @Test(.timeLimit(.minutes(15))) func `one that waits for its store ends without an error`()
    async throws
  {
    let store = SlowStore()
    let subscription = try subscription(store)
    let consumer = Task {
      for try await _ in subscription.transactions { Issue.record("from where?") }
    }
    while !store.isAsked.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(1)) }
    subscription.stop()
    try await consumer.value
    try await subscription.close()
  }

  @Test(.timeLimit(.minutes(15))) func `a cancelled task that waits for the store is told so`()
    async throws
  {
    let store = SlowStore()
    let subscription = try subscription(store)
    let consumer = Task {
      for try await _ in subscription.transactions { Issue.record("from where?") }
    }
    while !store.isAsked.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(1)) }
    consumer.cancel()
    await #expect(throws: ReplicationError.cancelled) { try await consumer.value }
  }
}
