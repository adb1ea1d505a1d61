public import ReplicationCore

/// How a connector is doing.
public struct ConnectorStatistics: Sendable {
  /// The subscription that is open now; `nil` while none is.
  public var subscription: Subscription.Statistics?
  /// How often it was begun again after an error.
  public var restarts = 0
  /// The error that it was begun again for last.
  public var lastFailure: (any Error)?
}
