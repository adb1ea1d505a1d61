/// How a replication stream ended.
@nonexhaustive public enum StreamEnd: Hashable, Sendable {
  /// We closed it, and the server agreed.
  case closed
  /// The server is shutting down. It had sent everything up to that moment.
  case serverShutdown
  /// The stream broke, or the server reported an error.
  case failed(ReplicationError)
}
