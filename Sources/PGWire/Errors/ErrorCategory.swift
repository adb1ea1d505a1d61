/// What can be done about an error.
@nonexhaustive public enum ErrorCategory: Hashable, Sendable {
  /// It may go away by itself: try again, more slowly each time.
  case transient
  /// Somebody has to change something on the server, in the network or in who we are; trying again
  /// now and then does no harm.
  case needsOperator
  /// The same attempt can't succeed: the configuration or the program is wrong, or data is lost.
  case fatal
}

extension ErrorCategory {
  /// What can be done where any of several ways would do.
  package static func leastGrave(_ categories: [ErrorCategory]) -> ErrorCategory {
    if categories.contains(.transient) { return .transient }
    return categories.contains(.needsOperator) ? .needsOperator : .fatal
  }
}
