/// How a connector is doing, as `/health` and `/metrics` say it.
struct ConnectorFigures: Sendable {
  let name: String
  let slot: String
  /// What the connector is doing, in a word.
  var phase = "running"
  /// Whether it has ended, well or not.
  var isOver = false
  /// How long ago the program has begun it.
  var age = Duration.zero
  var hasStream = false
  /// Whether it reads the tables before its stream begins.
  var isReadingTables = false
  /// Its last error.
  var failure: String?
  /// The metrics that are known, but for those of steps.
  var values: [Metric: Double] = [:]
  /// The stages of the lag below the first, from the top down.
  var steps: [Step] = []

  /// A stage, and how far it is behind the one above.
  struct Step: Hashable, Sendable {
    let name: String
    let bytes: Double
    let seconds: Double?
  }

  init(name: String, slot: String) {
    self.name = name
    self.slot = slot
  }
}
