#if ServiceLifecycle
  import Logging
  import ServiceLifecycle
  import Testing

  @testable import ReplicationCore

  /// A subscription as a service.
  @Suite struct ServiceTraitTests {
    /// Nobody listens there; it tries again and again until it is told to stop.
    @Test(.timeLimit(.minutes(15))) func `a graceful shutdown ends it`() async throws {
      let logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
      var params = try ReplicationParams(
        url: "postgresql://u@127.0.0.1:1/d?sslmode=disable", slot: "s", publications: ["p"])
      params.logger = logger
      var options = SubscriptionOptions()
      options.reconnect = ReconnectPolicy(
        initialInterval: .milliseconds(10), longestInterval: .seconds(60))
      let service = SubscriptionService(try Subscription(params, options: options)) { _ in }
      let group = ServiceGroup(services: [service], logger: logger)
      async let run: Void = group.run()
      try await Task.sleep(for: .milliseconds(200))
      await group.triggerGracefulShutdown()
      // A group calls it an error that a service ends, if it hasn't asked for that.
      try await run
    }
  }
#endif
