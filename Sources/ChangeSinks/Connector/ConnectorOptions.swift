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

  /// The defaults: no snapshot, and no end to the attempts.
  public init() {}
}
