internal import ChangeFormats
internal import ChangeSinks
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// A connector but for its engine: what is replicated, and how it is written.
struct ConnectorPlan: Sendable {
  /// What it is called in logs and metrics.
  var name: String
  var params: ReplicationParams
  var options = ConnectorOptions()
  var format = FormatPlan()
  var filter = FilterPlan()

  /// Refuses what can be seen to be wrong without a server.
  func check() throws(PlanError) {
    try format.check()
    do throws(FilterError) {
      try filter.check()
    } catch {
      throw PlanError(error.description)
    }
    guard options.limits.bytes > 0 else { throw PlanError("a batch can't have no bytes") }
    if params.usesTwoPhase {
      throw PlanError("prepared transactions may yet be rolled back, which no sink can take")
    }
    guard !params.publications.isEmpty else { throw PlanError("a publication is missing") }
    do throws(ReplicationError) {
      _ = try Client(params)
    } catch {
      throw PlanError("\(error)")
    }
  }

  /// A connector that writes records.
  func connector(into engine: some RecordEngine) throws(PlanError) -> PlannedConnector {
    try check()
    let filter = try filter.filter()
    // Keys can only be kept as they are if it is known which columns are keys.
    let describesTables = format.asksCatalog || self.filter.changesColumns
    switch format.kind {
    case .json:
      let options = format.lines(filter, params)
      return planned(
        RecordSink(
          engine, describesTables: describesTables, format: JSONLineFormat(options: options)))
    case .debezium:
      let options = format.events(filter, params, isInitial: readsInitially)
      return planned(
        RecordSink(
          engine, describesTables: describesTables, format: DebeziumFormat(options: options)))
    }
  }

  /// A connector with a sink of its own form, which has neither format nor filter.
  func connector(into sink: some ChangeSink) throws(PlanError) -> PlannedConnector {
    try check()
    guard filter.isEmpty else {
      throw PlanError(
        "this sink writes whole rows of all published tables; leave tables and columns out of the "
          + "publication")
    }
    return planned(sink)
  }

  private func planned(_ sink: some ChangeSink) -> PlannedConnector {
    let (filter, params) = (filter, params)
    var options = options
    options.beforeOpening = {
      let client = try Client(params)
      defer { client.close() }
      try await filter.checkNames(client)
    }
    let connector = Connector(params, into: sink, options: options)
    return PlannedConnector(
      slot: params.slot, server: params.connection.description,
      member: ConnectorGroup.Member(connector, name: name), readsInitially: readsInitially)
  }

  private var readsInitially: Bool {
    if case .initial = options.subscription.snapshot { true } else { false }
  }
}

/// A connector that is ready to run.
struct PlannedConnector: Sendable {
  let slot: String
  /// The source, without its password.
  let server: String
  var member: ConnectorGroup.Member
  /// Whether it reads the tables before its stream begins.
  let readsInitially: Bool
}
