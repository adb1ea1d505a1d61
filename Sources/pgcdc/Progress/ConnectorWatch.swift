internal import ChangeSinks
internal import ReplicationCore

/// Looks at how a connector is doing, one subscription after the other, and shows it.
enum ConnectorWatch {
  /// Runs until its task is cancelled.
  ///
  /// - Parameter show: Shows how a subscription is doing, until its task is cancelled.
  static func run<Sink: ChangeSink>(
    _ connector: Connector<Sink>,
    _ show: @escaping @Sendable (Subscription) async -> Void
  ) async {
    while !Task.isCancelled {
      guard let subscription = connector.subscription else {
        _ = await pause()
        continue
      }
      let showing = Task { await show(subscription) }
      while connector.subscription === subscription, await pause() {}
      // Its line is gone before anything else is printed.
      showing.cancel()
      await showing.value
    }
  }

  /// - Returns: Whether the time has passed; false if the task is cancelled.
  private static func pause() async -> Bool {
    do { try await Task.sleep(for: .milliseconds(100)) } catch { return false }
    return true
  }
}
