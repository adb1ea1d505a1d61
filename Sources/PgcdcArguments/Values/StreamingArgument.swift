public import ArgumentParser
public import ReplicationCore

/// Whether large transactions are sent while they are in progress.
public enum StreamingArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// All are sent once they have committed.
  case off
  /// Large ones are sent in blocks while they are in progress.
  case on
  /// The same, and rollbacks are reported with their position and time.
  case parallel

  /// The value for a subscription.
  public var streaming: ReplicationParams.Streaming {
    switch self {
    case .off: .off
    case .on: .on
    case .parallel: .parallel
    }
  }
}
