internal import ArgumentParser
internal import PgcdcArguments

/// How changes are written as records.
struct FormatArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "json: one object for a change; debezium: Debezium's change events.",
      discussion: """
        Debezium's events are those of its PostgreSQL connector 3.6 with its defaults, as the JSON \
        converter prints their values without schemas. Keys are JSON objects in both formats. The \
        value of a record is a line of pgcdc stream.
        """))
  var format = LineFormat.json

  @Option(
    name: .customLong("topic-prefix"),
    help: ArgumentHelp(
      "What the topics of records begin with: PREFIX.SCHEMA.TABLE.",
      discussion: """
        If not given: nothing with --format json, and the slot's name with --format debezium, \
        where it is also the name in each event's source.
        """, valueName: "prefix"))
  var topicPrefix: String?

  @Flag(
    name: .customLong("no-tombstones"),
    help: "Write no record without a value behind that of a deletion.")
  var noTombstones = false

  @Flag(
    name: .customLong("transaction-records"),
    help: "Also write what begins and ends transactions, to a topic of its own.")
  var transactionRecords = false

  @Flag(
    name: .customLong("no-catalog"),
    help: ArgumentHelp(
      "Don't ask the server for primary keys and defaults.",
      discussion: """
        By default it is asked about each table, over another connection. Otherwise the key of a \
        table's records is its replica identity, and what Debezium's events say of defaults is \
        missing.
        """))
  var noCatalog = false

  @OptionGroup private var lines: LineArguments<Writing>

  @Flag(
    name: .customLong("debezium-truncates"),
    help: "With --format debezium: write truncates, which Debezium leaves out by default.")
  var debeziumTruncates = false

  func validate() throws {
    try lines.check(format: format)
    try ValidationError.checking { try plan.check() }
  }

  /// The format.
  var plan: FormatPlan {
    var plan = FormatPlan()
    plan.kind = format
    plan.topicPrefix = topicPrefix
    plan.hasTombstones = !noTombstones
    plan.hasTransactions = transactionRecords
    plan.asksCatalog = !noCatalog
    plan.maxLineBytes = lines.maxLineBytes
    plan.hasCloudEvents = lines.hasCloudEvents
    plan.cloudEventsSource = lines.cloudEventsSource
    plan.documents = lines.documents
    plan.maxDocumentNesting = lines.maxJSONNesting
    plan.largeIntegers = lines.largeIntegers
    plan.namesTransaction = lines.namesTransaction
    plan.hasTruncates = debeziumTruncates
    return plan
  }
}
