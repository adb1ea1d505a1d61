internal import ArgumentParser
internal import Logging
internal import PgcdcArguments
internal import ReplicationCore

/// What every connector has, whatever its engine is.
struct ConnectorArguments: ParsableArguments {
  @OptionGroup var source: SourceArguments
  @OptionGroup var snapshot: SnapshotArguments
  @OptionGroup var batches: BatchArguments
  @OptionGroup var service: ServiceArguments

  /// A plan without format and filter.
  func plan(_ logger: Logger) throws -> ConnectorPlan {
    var subscription = source.options()
    let snapshot = try snapshot.plan()
    subscription.snapshot = try ValidationError.checking { try snapshot.snapshot() }
    var plan = ConnectorPlan(name: source.slot, params: try source.params(logger))
    plan.options = batches.options(subscription)
    return plan
  }

  /// Where a command logs.
  var logger: Logger { ErrorStream.logger(service.logLevel?.level ?? .warning) }

  /// Makes the one connector of a command, and runs it.
  func run(
    _ connector: (ConnectorPlan, Logger) throws -> PlannedConnector
  ) async throws {
    let logger = logger
    let asked = try plan(logger)
    let planned = try ValidationError.checking { try connector(asked, logger) }
    try await ConnectorRunner(
      [planned], http: service.http, stopTimeout: service.stopTimeout.duration, logger
    ).run()
  }
}

/// What every connector has that writes records.
struct RecordArguments: ParsableArguments {
  @OptionGroup var format: FormatArguments
  @OptionGroup var filter: FilterArguments<Writing>

  /// The plan with format and filter.
  func completing(_ plan: ConnectorPlan) -> ConnectorPlan {
    var plan = plan
    plan.format = format.plan
    plan.filter = filter.plan
    return plan
  }
}
