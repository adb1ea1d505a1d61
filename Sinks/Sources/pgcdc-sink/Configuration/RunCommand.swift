internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import PgcdcArguments

/// Several connectors in one process.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the connectors that a configuration file describes.",
    discussion: """
      The file is a JSON object: "connectors" is a list of names, and each name is a key with an \
      object: its "engine", "source", "sink", "format" and "filter". Environment variables \
      override it: PGCDC_ORDERS_SOURCE_URL is the key "url" of "source" of "orders", and \
      PGCDC_CONNECTORS the list of names, with commas between. Sinks/pgcdc-sink.example.json is an \
      example.

      A connector that fails for good does not end the others, unless --end-together is given. \
      When all have ended, so does the command, with status 1 if one has failed.
      """)

  @Argument(help: "The configuration file.")
  var file: String

  @Flag(name: .customLong("end-together"), help: "End all connectors when one fails for good.")
  var endTogether = false

  @Flag(name: .customLong("check"), help: "Only read the configuration, and open nothing.")
  var isCheck = false

  @OptionGroup var service: ServiceArguments

  func run() async throws {
    let file = try await ConfigurationFile(path: file)
    let level = try file.scope.choice("logLevel", of: LogLevelArgument.self)
    let logger = ErrorStream.logger((service.logLevel ?? level ?? .warning).level)
    let http = try Self.address(try file.scope.text("http"))
    let names = try file.names()
    let connectors = try names.map { name in
      try ConnectorConfiguration(name, file.scope.scoped(to: name)).connector(logger)
    }
    try file.checkKeys(of: names)
    try Self.checkSlots(of: connectors)
    if isCheck { return }
    try await ConnectorRunner(
      connectors, http: service.http ?? http, stopTimeout: service.stopTimeout.duration,
      endsTogether: endTogether, logger
    ).run()
  }

  private static func address(_ text: String?) throws(PlanError) -> HTTPAddress? {
    guard let text else { return nil }
    guard let address = HTTPAddress(text) else {
      throw PlanError("the key \"http\" must be a port or HOST:PORT, not \"\(text)\"")
    }
    return address
  }

  /// Each slot can be streamed by one connector only.
  private static func checkSlots(of connectors: [PlannedConnector]) throws(PlanError) {
    var names: [String: String] = [:]
    for connector in connectors {
      // Different servers may have slots of the same name.
      let place = "\(connector.slot) \(connector.server)"
      if let other = names[place] {
        throw PlanError("\(other) and \(connector.member.name) have the same slot")
      }
      names[place] = connector.member.name
    }
  }
}
