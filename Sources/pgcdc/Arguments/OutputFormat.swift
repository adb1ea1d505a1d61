internal import ArgumentParser

/// How the changes are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json
  case debezium
  case raw
  case events
}
