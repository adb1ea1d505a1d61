internal import ArgumentParser
internal import PgcdcArguments

/// Tables of another PostgreSQL.
struct PostgresCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres",
    abstract: "Apply changes to the tables of another PostgreSQL database.",
    discussion: """
      pgcdc-sink postgres --to postgresql://writer@warehouse/shop --url postgresql://cdc@db/shop \
      --slot orders --publication orders_pub --snapshot initial

      What --to does not say, libpq takes from the environment (PGPASSWORD, PGPASSFILE), as --url \
      does: if the passwords differ, use ~/.pgpass, or --to-file with a URL that has it.
      """)

  @OptionGroup var engine: EngineAddress

  @Option(
    name: .customLong("state-schema"),
    help: ArgumentHelp(
      "The schema of the sink's own tables in the target. (default: pgcdc)", valueName: "name"))
  var stateSchema: String?

  @Flag(
    name: .customLong("no-create-tables"),
    help: "Create and alter no tables in the target: they have to be there.")
  var noCreateTables = false

  @Flag(
    name: .customLong("ignore-missing-rows"),
    help: "Leave out updates and deletions of rows that the target does not have.")
  var ignoreMissingRows = false

  @Flag(
    name: .customLong("end-former-session"),
    help: "End a session in the target that an earlier connector has left, without waiting for it.")
  var endFormerSession = false

  @Flag(
    name: .customLong("cut-over"),
    help: ArgumentHelp(
      "Write what the source has by now, give the target its sequences' values, and end.",
      discussion: """
        To move an application: stop it, end the connector that runs, start its command line with \
        this option, and start the application with the target once it has ended with status 0. \
        Sequences of mirrored columns are set to the value that the source has, unless they are \
        further, and compared once more; one that the target lacks, or that the source has used in \
        the meantime, is an error. It can be started again after any end. The source and the slot \
        stay as they are.
        """))
  var cutOver = false

  @Option(
    name: .customLong("sequence-margin"),
    help: ArgumentHelp(
      "With --cut-over: how many values the sequences leave out. (default: 0)",
      valueName: "values"))
  var sequenceMargin: Int64?

  @OptionGroup var connector: ConnectorArguments

  func validate() throws {
    if let sequenceMargin {
      guard cutOver else { throw ValidationError("--sequence-margin requires --cut-over") }
      guard sequenceMargin >= 0 else {
        throw ValidationError("--sequence-margin must not be negative")
      }
    }
    if cutOver, connector.service.http != nil {
      throw ValidationError("--cut-over and --http exclude each other")
    }
  }

  func run() async throws {
    if cutOver { return try await move().run() }
    let target = try target()
    try await connector.run { plan, logger in try plan.connector(into: target.sink(logger)) }
  }

  private func target() throws -> PostgresPlan {
    var plan = PostgresPlan(url: try engine.found())
    plan.stateSchema = stateSchema
    plan.createsTables = !noCreateTables
    plan.ignoresMissingRows = ignoreMissingRows
    plan.endsFormerSession = endFormerSession
    return plan
  }

  /// What `--cut-over` asks for.
  func move() throws -> PostgresCutOver {
    let logger = connector.logger
    return PostgresCutOver(
      plan: try connector.plan(logger), target: try target(), margin: sequenceMargin ?? 0,
      stopTimeout: connector.service.stopTimeout.duration, logger: logger)
  }
}
