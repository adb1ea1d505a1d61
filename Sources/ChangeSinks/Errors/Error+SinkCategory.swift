internal import PGWire
internal import ReplicationCore

extension Error {
  /// What can be done about it; an error of an unknown kind can't pass by itself.
  var sinkCategory: ErrorCategory {
    switch self {
    case let error as SinkError: error.category
    case let error as ReplicationError: error.category
    default: .fatal
    }
  }
}
