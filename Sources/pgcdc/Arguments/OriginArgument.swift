internal import ArgumentParser
internal import ReplicationCore

/// Which changes are wanted, by where they came from.
enum OriginArgument: String, ExpressibleByArgument, CaseIterable {
  case any
  case none

  var origin: ReplicationParams.OriginFilter {
    switch self {
    case .any: .any
    case .none: .none
    }
  }
}
