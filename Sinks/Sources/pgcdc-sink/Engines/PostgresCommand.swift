internal import ArgumentParser

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

  @OptionGroup var connector: ConnectorArguments

  func run() async throws {
    var plan = PostgresPlan(url: try engine.found())
    plan.stateSchema = stateSchema
    plan.createsTables = !noCreateTables
    plan.ignoresMissingRows = ignoreMissingRows
    plan.endsFormerSession = endFormerSession
    let asked = plan
    try await connector.run { plan, logger in try plan.connector(into: asked.sink(logger)) }
  }
}
