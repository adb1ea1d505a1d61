/// What can be done about an error.
@nonexhaustive public enum ErrorCategory: Hashable, Sendable {
  /// It may go away by itself: try again, more slowly each time.
  case transient
  /// It needs a change on the server, in the network or of the credentials; trying again from time
  /// to time does no harm.
  case needsOperator
  /// The same attempt can't succeed: the configuration or the program is wrong, or data is lost.
  case fatal
}

extension ErrorCategory {
  /// The category of several failures, where it is enough that one of the attempts succeeds.
  package static func leastGrave(_ categories: [ErrorCategory]) -> ErrorCategory {
    if categories.contains(.transient) { return .transient }
    return categories.contains(.needsOperator) ? .needsOperator : .fatal
  }
}
