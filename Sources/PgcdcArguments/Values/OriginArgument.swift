public import ArgumentParser
public import ReplicationCore

/// Which changes are wanted, by where they came from.
public enum OriginArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// All changes.
  case any
  /// Only those made on the server itself.
  case none

  /// The value for a subscription.
  public var origin: ReplicationParams.OriginFilter {
    switch self {
    case .any: .any
    case .none: .none
    }
  }
}
