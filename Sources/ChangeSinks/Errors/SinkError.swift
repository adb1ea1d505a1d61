public import PGWire

/// Why an engine could not take what was to be written.
public struct SinkError: Error, Hashable, Sendable {
  /// The engine: `Redis at localhost:6379`.
  public let engine: String
  /// What can be done about it; what is transient is tried again.
  public let category: ErrorCategory
  /// What has failed, and the way out.
  ///
  /// It has no secrets and no values.
  public let reason: String

  /// An error of an engine.
  ///
  /// - Parameters:
  ///   - reason: The engine's own words are not trusted: they are filtered when printed.
  public init(engine: String, _ category: ErrorCategory, _ reason: String) {
    self.engine = engine
    self.category = category
    self.reason = reason
  }
}

extension SinkError: CustomStringConvertible {
  public var description: String { "\(engine): \(reason)".displayed }
}
