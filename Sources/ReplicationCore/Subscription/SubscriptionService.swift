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
    private let body: @Sendable (Subscription) async throws -> Void

    /// A service that runs a subscription.
    ///
    /// - Parameter handle: As for ``Subscription/run(_:)``.
    public init(
      _ subscription: Subscription,
      _ handle: @escaping @Sendable (ReplicationTransaction) async throws -> Void
    ) {
      self.init(subscription, body: { try await $0.run(handle) })
    }

    private init(
      _ subscription: Subscription, body: @escaping @Sendable (Subscription) async throws -> Void
    ) {
      self.subscription = subscription
      self.body = body
    }

    /// A service that runs a subscription with the rows of snapshots.
    ///
    /// - Parameter handle: As for ``Subscription/runItems(_:)``.
    public static func ofItems(
      _ subscription: Subscription,
      _ handle: @escaping @Sendable (SubscriptionItem) async throws -> Void
    ) -> SubscriptionService {
      SubscriptionService(subscription, body: { try await $0.runItems(handle) })
    }

    /// Runs the subscription until the service is shut down.
    public func run() async throws {
      do {
        try await withGracefulShutdownHandler {
          try await body(subscription)
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
