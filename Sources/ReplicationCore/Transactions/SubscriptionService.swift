#if ServiceLifecycle
  internal import Logging
  public import ServiceLifecycle

  /// A subscription as a service of swift-service-lifecycle.
  ///
  /// On graceful shutdown it takes no further transaction, lets the handler finish the current one,
  /// saves and reports acknowledgements, and closes the stream.
  ///
  ///     let service = SubscriptionService(subscription) { transaction in … }
  ///     let group = ServiceGroup(
  ///       services: [service], gracefulShutdownSignals: [.sigterm], logger: logger)
  ///     try await group.run()
  ///
  /// With the package's trait `ServiceLifecycle`.
  public struct SubscriptionService: Service {
    private let subscription: Subscription
    private let handle: @Sendable (Transaction) async throws -> Void

    /// A service that runs a subscription.
    ///
    /// - Parameter handle: As for ``Subscription/run(_:)``.
    public init(
      _ subscription: Subscription, _ handle: @escaping @Sendable (Transaction) async throws -> Void
    ) {
      self.subscription = subscription
      self.handle = handle
    }

    /// Runs the subscription until the service is shut down.
    public func run() async throws {
      do {
        try await withGracefulShutdownHandler {
          try await subscription.run(handle)
        } onGracefulShutdown: {
          subscription.stop()
        }
      } catch {
        // A group that ignores failures does not log them.
        if !isCancellation(error) {
          subscription.params.logger.error(
            "the subscription's service has failed",
            metadata: ["slot": "\(subscription.params.slot)", "error": "\(error)"])
        }
        throw error
      }
    }
  }
#endif
