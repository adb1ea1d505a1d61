public import ArgumentParser

/// A format that has one line, or one record, for a change.
public enum LineFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// One JSON object for a change.
  case json
  /// Debezium's change event.
  case debezium
}
