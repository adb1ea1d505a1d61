internal import ArgumentParser
internal import ReplicationCore

/// Options that only `--format debezium` has.
struct DebeziumArguments: ParsableArguments {
  @Option(
    name: .customLong("debezium-name"),
    help: "With --format debezium: the name in each event's source; the slot's, if not given.")
  var name: String?

  @Flag(
    name: .customLong("debezium-truncates"),
    help: "With --format debezium: print truncates, which Debezium leaves out by default.")
  var truncates = false

  @Flag(
    name: .customLong("debezium-transactions"),
    help: ArgumentHelp(
      "With --format debezium: also print what begins and ends transactions.",
      discussion: """
        These are the events that Debezium has with provide.transaction.metadata; and each event \
        says its place in its transaction.
        """))
  var transactionMetadata = false

  @Flag(
    name: .customLong("debezium-no-catalog"),
    help: ArgumentHelp(
      "With --format debezium: don't ask for primary keys, NOT NULL and defaults.",
      discussion: """
        By default the server is asked about each table, over another connection, since Debezium's \
        events depend on it: an update of the key with REPLICA IDENTITY FULL is a deletion and an \
        insertion, and columns that a deletion doesn't have are defaults or zeros.
        """))
  var noCatalog = false

  /// Refuses what the format can't say, and options that have no meaning without it.
  func validate(
    format: OutputFormat, _ stream: StreamArguments, _ transactions: TransactionArguments
  ) throws {
    guard format == .debezium else {
      if name != nil { throw ValidationError("--debezium-name requires --format debezium") }
      if truncates { throw ValidationError("--debezium-truncates requires --format debezium") }
      if transactionMetadata {
        throw ValidationError("--debezium-transactions requires --format debezium")
      }
      if noCatalog { throw ValidationError("--debezium-no-catalog requires --format debezium") }
      return
    }
    if name == "" { throw ValidationError("--debezium-name can't be empty") }
    if transactions.provisional {
      throw ValidationError(
        "--provisional: blocks may yet be rolled back, which Debezium's events can't say; use "
          + "--format json, or leave it out")
    }
    if stream.twoPhase {
      throw ValidationError(
        "--two-phase: prepared transactions may yet be rolled back, which Debezium's events can't "
          + "say; use --format json")
    }
  }
}
