internal import PGWire
public import ReplicationCore

extension ConnectorGroup {
  /// One of those that a group runs: a ``Connector``, or anything that runs until it is stopped.
  public struct Member: Sendable {
    /// What it is called in logs and statistics.
    public let name: String
    /// How long and how fast it is begun again after an error.
    ///
    /// By default indefinitely, and never for a ``Connector``, which tries again by itself
    /// (``ConnectorOptions/retry``). ``/ReplicationCore/ReconnectPolicy/timeout`` counts from the
    /// first error; for one that has worked for ten seconds, from its next one.
    public var restart = ReconnectPolicy(timeout: nil)
    /// Whether it is begun again after an error, by ``restart``.
    ///
    /// By default after every ``SinkError`` and ``/ReplicationCore/ReplicationError`` that is not
    /// fatal, and no other.
    public var restartsAfter: @Sendable (any Error) -> Bool = { $0.sinkCategory != .fatal }
    /// Whether all others are stopped when it fails for good.
    public var endsGroup = false

    let run: @Sendable () async throws -> Void
    let stop: @Sendable () -> Void
    let connectorStatistics: @Sendable () -> ConnectorStatistics?
    private let openSubscription: @Sendable () -> Subscription?

    /// A member of your own.
    ///
    /// - Parameters:
    ///   - name: What it is called in logs and statistics.
    ///   - run: Runs until it is stopped; called again after an error. It should end soon when its
    ///     task is cancelled.
    ///   - stop: Asks it to end cleanly. It may be called before `run`, more than once, and from
    ///     any task; from then on `run` must return at once.
    public init(
      _ name: String, run: @escaping @Sendable () async throws -> Void,
      stop: @escaping @Sendable () -> Void
    ) {
      self.name = name
      self.run = run
      self.stop = stop
      connectorStatistics = { nil }
      openSubscription = { nil }
    }

    /// A connector.
    ///
    /// - Parameters:
    ///   - connector: The connector; the group alone runs it.
    ///   - name: What it is called in logs and statistics; its slot's name if `nil`.
    public init<Sink: ChangeSink>(_ connector: Connector<Sink>, name: String? = nil) {
      self.name = name ?? connector.params.slot
      restart = .never
      run = { try await connector.run() }
      stop = { connector.stop() }
      connectorStatistics = { connector.statistics }
      openSubscription = { connector.subscription }
    }

    /// The subscription that is open now; `nil` while none is, and for members that are no
    /// connector.
    public var subscription: Subscription? { openSubscription() }
  }
}
