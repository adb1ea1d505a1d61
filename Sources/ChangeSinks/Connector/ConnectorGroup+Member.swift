internal import PGWire
public import ReplicationCore

extension ConnectorGroup {
  /// One of those that a group runs: a ``Connector``, or anything that runs until it is stopped.
  public struct Member: Sendable {
    /// What it is called in logs and statistics.
    public let name: String
    /// How long and how fast it is begun again after an error; a ``Connector`` tries again by itself
    /// first, by ``ConnectorOptions/retry``.
    ///
    /// ``/ReplicationCore/ReconnectPolicy/timeout`` counts from the first error. One that has worked
    /// for ten seconds begins with new attempts.
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
    ///   - prepare: Runs before the connector each time that it is begun; what it throws is an error
    ///     of the member.
    public init<Sink: ChangeSink>(
      _ connector: Connector<Sink>, name: String? = nil,
      prepare: @escaping @Sendable () async throws -> Void = {}
    ) {
      self.name = name ?? connector.params.slot
      run = {
        try await prepare()
        try await connector.run()
      }
      stop = { connector.stop() }
      connectorStatistics = { connector.statistics }
      openSubscription = { connector.subscription }
    }

    /// The subscription that is open now; `nil` while none is, and for members that are no
    /// connector.
    public var subscription: Subscription? { openSubscription() }
  }
}
