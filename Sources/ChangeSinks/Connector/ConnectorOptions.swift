public import ReplicationCore

/// How a ``Connector`` works.
public struct ConnectorOptions: Sendable {
  /// The options of its subscriptions: snapshots, types, memory.
  public var subscription = SubscriptionOptions()
  /// How much is put into one batch.
  public var limits = SinkLimits()
  /// How long and how fast to try again after an error of the engine.
  ///
  /// What the replication stream does when it breaks is
  /// ``/ReplicationCore/SubscriptionOptions/reconnect``.
  public var retry = ReconnectPolicy(timeout: nil)
  /// Runs each time before the sink is opened, to check something for example.
  ///
  /// What it throws counts as an error of the sink: another attempt is made after an error that may
  /// go away by itself.
  public var beforeOpening: @Sendable () async throws -> Void = {}

  /// The defaults: no snapshot, and no end to the attempts.
  public init() {}
}
