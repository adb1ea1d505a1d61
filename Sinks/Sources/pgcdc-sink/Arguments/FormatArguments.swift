internal import ArgumentParser

/// How changes are written as records.
struct FormatArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "json: one object for a change; debezium: Debezium's change events.",
      discussion: """
        Debezium's events are those of its PostgreSQL connector 3.6 with its defaults, as the JSON \
        converter prints their values without schemas. Keys are JSON objects in both formats.
        """))
  var format = FormatPlan.Kind.json

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

  @Flag(help: "Put each event into an envelope of CloudEvents 1.0, in its JSON form.")
  var cloudevents = false

  @Option(
    name: .customLong("cloudevents-source"),
    help: ArgumentHelp(
      "The source in the envelopes.",
      discussion: """
        If not given: /postgresql/DATABASE/SLOT, or with --format debezium \
        /debezium/postgresql/PREFIX, as with Debezium.
        """, valueName: "uri"))
  var cloudEventsSource: String?

  @Option(
    name: .customLong("max-value-bytes"),
    help: "The most bytes of a record's value; beyond, the connector ends with an error.")
  var maxValueBytes: Int?

  @Flag(
    name: .customLong("quote-json"),
    help: "With --format json: write documents of json and jsonb columns as strings.")
  var quoteJSON = false

  @Option(
    name: .customLong("max-json-nesting"),
    help: "With --format json: how deep a document may nest to be embedded. (default: 50)")
  var maxJSONNesting: Int?

  @Flag(
    name: .customLong("quote-int8"),
    help: "With --format json: write int8 values as strings, since doubles change large ones.")
  var quoteInt8 = false

  @Flag(
    name: .customLong("name-transaction"),
    help: "With --format json: each change also names its transaction: xid, commitLSN and index.")
  var nameTransaction = false

  @Flag(
    name: .customLong("truncates"),
    help: "With --format debezium: write truncates, which Debezium leaves out by default.")
  var truncates = false

  func validate() throws { try ValidationError.checking { try plan.check() } }

  /// The format.
  var plan: FormatPlan {
    var plan = FormatPlan()
    plan.kind = format
    plan.topicPrefix = topicPrefix
    plan.hasTombstones = !noTombstones
    plan.hasTransactions = transactionRecords
    plan.asksCatalog = !noCatalog
    plan.maxLineBytes = maxValueBytes
    plan.hasCloudEvents = cloudevents
    plan.cloudEventsSource = cloudEventsSource
    plan.quotesDocuments = quoteJSON
    plan.maxDocumentNesting = maxJSONNesting
    plan.quotesLargeIntegers = quoteInt8
    plan.namesTransaction = nameTransaction
    plan.hasTruncates = truncates
    return plan
  }
}

extension FormatPlan.Kind: ExpressibleByArgument {}
