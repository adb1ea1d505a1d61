internal import Logging
internal import PostgresSink

/// What is asked for of another PostgreSQL.
struct PostgresPlan: Sendable {
  /// A URI or `key=value` string, as libpq reads it.
  var url: String
  /// The schema of the sink's own tables.
  var stateSchema: String?
  /// Whether schemas, tables and columns are created as they are in the source.
  var createsTables = true
  /// Whether changes of rows are left out that the target does not have.
  var ignoresMissingRows = false
  /// Whether a session is ended that an earlier connector has left.
  var endsFormerSession = false

  init(url: String) {
    self.url = url
  }

  /// From the part `sink` of a configuration.
  init(_ scope: ConfigurationScope) throws(PlanError) {
    self.init(url: try scope.engineURL())
    stateSchema = try scope.text("stateSchema")
    createsTables = try scope.flag("createsTables") ?? createsTables
    ignoresMissingRows = try scope.flag("ignoresMissingRows") ?? ignoresMissingRows
    endsFormerSession = try scope.flag("endsFormerSession") ?? endsFormerSession
  }

  /// The sink; nothing is opened yet.
  func sink(_ logger: Logger) -> PostgresSink {
    var options = PostgresSinkOptions(connection: url)
    if let stateSchema { options.stateSchema = stateSchema }
    options.createsTables = createsTables
    options.missingRows = ignoresMissingRows ? .ignore : .refuse
    options.endsFormerSession = endsFormerSession
    options.logger = logger
    return PostgresSink(options)
  }
}
