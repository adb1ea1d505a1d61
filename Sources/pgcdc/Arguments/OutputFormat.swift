internal import ArgumentParser
internal import PgcdcArguments

/// How the changes are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json
  case debezium
  case raw
  case events

  /// The format of its lines; `nil` if it is not one of changes.
  var lines: LineFormat? {
    switch self {
    case .json: .json
    case .debezium: .debezium
    case .raw, .events: nil
    }
  }
}
