internal import ChangeFormats
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// How changes are written as records.
struct FormatPlan: Sendable, Hashable {
  /// What a record's value is.
  var kind = LineFormat.json
  /// What topics begin with; for Debezium's events also the name in each event's source.
  var topicPrefix: String?
  var hasTombstones = true
  /// Whether there are records of what begins and ends transactions.
  var hasTransactions = false
  /// Whether the catalog is asked about tables.
  var asksCatalog = true
  var maxLineBytes: Int?
  var hasCloudEvents = false
  var cloudEventsSource: String?

  // Only for lines of JSON:
  var documents = JSONLineFormat.Options.Documents.embed
  var maxDocumentNesting: Int?
  var largeIntegers = JSONLineFormat.Options.LargeIntegers.number
  /// Whether each change names its transaction.
  var namesTransaction = false

  // Only for Debezium's events:
  var hasTruncates = false

  /// Refuses what does not go together.
  func check() throws(PlanError) {
    if topicPrefix == "" { throw PlanError("the prefix of topics can't be empty") }
    if cloudEventsSource != nil, !hasCloudEvents {
      throw PlanError("a source of CloudEvents is given, and no CloudEvents are asked for")
    }
    if cloudEventsSource == "" { throw PlanError("the source of CloudEvents can't be empty") }
    if let maxLineBytes, maxLineBytes < 1 {
      throw PlanError("the most bytes of a line must be at least 1")
    }
    if let maxDocumentNesting, maxDocumentNesting < 0 {
      throw PlanError("the nesting of documents can't be negative")
    }
    switch kind {
    case .json:
      if hasTruncates { throw PlanError("the format json has truncates in any case") }
    case .debezium:
      if documents != .embed || largeIntegers != .number || namesTransaction
        || maxDocumentNesting != nil
      {
        throw PlanError(
          "Debezium's events have documents as strings, int64 as numbers, and their transaction if "
            + "records of transactions are asked for: use the format json for other choices")
      }
    }
  }

  /// Options for lines of JSON.
  func lines(_ filter: ChangeFilter, _ params: ReplicationParams) -> JSONLineFormat.Options {
    var options = JSONLineFormat.Options()
    options.documents = documents
    options.largeIntegers = largeIntegers
    options.namesTransaction = namesTransaction
    if let maxDocumentNesting { options.maxDocumentNesting = maxDocumentNesting }
    options.maxLineBytes = maxLineBytes
    options.recordsTransactions = hasTransactions
    options.filter = filter
    options.records = records(topicPrefix ?? "")
    let path = [params.connection.database, params.slot].map(Self.percentEncoded)
    options.cloudEvents = envelopes(
      CloudEvents(source: "/postgresql/" + path.joined(separator: "/")))
    return options
  }

  /// Options for Debezium's events.
  func events(
    _ filter: ChangeFilter, _ params: ReplicationParams, isInitial: Bool
  ) -> DebeziumFormat.Options {
    let name = topicPrefix ?? params.slot
    var options = DebeziumFormat.Options(
      name: name, database: params.connection.database, version: PgcdcSink.version)
    options.snapshot = isInitial ? .initial : .incremental
    options.printsTruncates = hasTruncates
    options.providesTransactionMetadata = hasTransactions
    options.maxLineBytes = maxLineBytes
    options.filter = filter
    options.records = records(name)
    options.cloudEvents = envelopes(.debezium(name: name))
    return options
  }

  private func records(_ prefix: String) -> RecordOptions {
    var records = RecordOptions(prefix: prefix)
    records.hasTombstones = hasTombstones
    return records
  }

  private func envelopes(_ standard: CloudEvents) -> CloudEvents? {
    guard hasCloudEvents else { return nil }
    var envelopes = standard
    if let cloudEventsSource { envelopes.source = cloudEventsSource }
    return envelopes
  }

  /// A name as a part of a URI's path.
  static func percentEncoded(_ name: String) -> String {
    name.utf8.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
