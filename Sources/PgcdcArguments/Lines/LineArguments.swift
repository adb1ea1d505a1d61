public import ArgumentParser
public import ChangeFormats

/// Options for the lines of the formats json and debezium.
public struct LineArguments<Words: ProgramWords>: ParsableArguments, Sendable {
  /// How documents of json and jsonb columns are written.
  @Option(
    name: .customLong("json-values"),
    help: ArgumentHelp(
      "With --format json: embed documents of json and jsonb columns, or quote them as strings.",
      discussion: """
        A document that strict parsers refuse is quoted in any case: one that nests more than 50 \
        levels deep (--max-json-nesting), or has half of a surrogate pair, or a number beyond a \
        double's range. quote makes all of them strings.
        """))
  public var documents = JSONLineFormat.Options.Documents.embed

  /// How deep a document may nest to be embedded.
  @Option(
    name: .customLong("max-json-nesting"),
    help: ArgumentHelp(
      "With --json-values embed: how many levels deep a document may nest to be embedded.",
      discussion: """
        If not given: 50, so that all common parsers take the line. Others go deeper: 128 levels \
        (serde), 512 (PHP, Foundation), 1000 (Java, Python); a line has up to nine levels around \
        its documents.
        """))
  public var maxJSONNesting: Int?

  /// How int8 values are written.
  @Option(
    name: .customLong("json-int8"),
    help: ArgumentHelp(
      "With --format json: \(Words.verb) values of int8 columns as numbers, or as strings.",
      discussion: """
        JavaScript, jq and others read numbers as doubles, and change those beyond 2^53 \
        (9007199254740992) without an error. string makes strings of all int8 values, also in \
        arrays and domains. Numbers in documents stay as they are (--json-values quote).
        """))
  public var largeIntegers = JSONLineFormat.Options.LargeIntegers.number

  /// How long a line may be.
  @Option(
    name: .customLong("max-line-bytes"),
    help: ArgumentHelp(
      "The most bytes that a line may have; beyond, the command ends with an error.",
      discussion: """
        If not given: 64 MiB and eight times what the row was sent as, which no row comes near to \
        unless its text is far longer than what was sent.
        """))
  public var maxLineBytes: Int?

  /// Whether each change names its transaction.
  @Flag(
    name: .customLong("json-transaction"),
    help: ArgumentHelp(
      "With --format json: each change also names its transaction.",
      discussion: """
        As xid, commitLSN (of a prepared transaction prepareLSN) and index, the change's number in \
        it. The position and the index together identify a change.
        """))
  public var namesTransaction = false

  /// Whether events are in envelopes.
  @Flag(
    name: .customLong("cloudevents"),
    help: ArgumentHelp(
      "Put each event into an envelope of CloudEvents 1.0, in its JSON form.",
      discussion: """
        With --format json or debezium. An event that is \(Words.participle) again has the same \
        id, unless it is a row of a snapshot. The time is that of the \
        commit.\(Words.envelopeConsequence)
        """))
  public var hasCloudEvents = false

  /// The source of the envelopes, if not the format's.
  @Option(
    name: .customLong("cloudevents-source"),
    help: ArgumentHelp(
      "The source in the envelopes.",
      discussion: """
        If not given: /postgresql/DATABASE/SLOT, or with --format debezium \
        /debezium/postgresql/NAME, as with Debezium.
        """, valueName: "uri"))
  public var cloudEventsSource: String?

  /// For the parser.
  public init() {}

  /// Refuses what does not go together.
  ///
  /// - Parameter format: The format; `nil` for one that has no lines.
  /// - Throws: `ValidationError`.
  public func check(format: LineFormat?) throws {
    if cloudEventsSource != nil, !hasCloudEvents {
      throw ValidationError("--cloudevents-source requires --cloudevents")
    }
    if cloudEventsSource == "" {
      throw ValidationError("--cloudevents-source must not be empty")
    }
    guard let format else {
      if maxLineBytes != nil {
        throw ValidationError("--max-line-bytes requires --format json or debezium")
      }
      if hasCloudEvents {
        throw ValidationError("--cloudevents requires --format json or debezium")
      }
      if let option = jsonOption { throw ValidationError("\(option) requires --format json") }
      return
    }
    if format == .debezium, namesTransaction {
      throw ValidationError(
        "--json-transaction requires --format json; Debezium's events have "
          + "\(Words.transactionOption)")
    }
    if format == .debezium, let option = jsonOption {
      throw ValidationError(
        "\(option) requires --format json; Debezium's events have int64 as numbers and documents "
          + "as strings")
    }
    if let maxJSONNesting {
      guard documents == .embed else {
        throw ValidationError("--max-json-nesting requires --json-values embed")
      }
      guard maxJSONNesting >= 0 else {
        throw ValidationError("--max-json-nesting must not be negative")
      }
    }
    if let maxLineBytes, maxLineBytes < 1 {
      throw ValidationError("--max-line-bytes must be at least 1")
    }
  }

  /// An option that was given and requires `--format json`.
  private var jsonOption: String? {
    if documents != .embed { return "--json-values" }
    if largeIntegers != .number { return "--json-int8" }
    if namesTransaction { return "--json-transaction" }
    return maxJSONNesting == nil ? nil : "--max-json-nesting"
  }

  /// The envelopes, if they are wanted.
  ///
  /// - Parameter standard: Those that have the source of the format.
  public func cloudEvents(_ standard: CloudEvents) -> CloudEvents? {
    guard hasCloudEvents else { return nil }
    var envelopes = standard
    if let cloudEventsSource { envelopes.source = cloudEventsSource }
    return envelopes
  }

  /// Options for lines of JSON, without a filter.
  public var options: JSONLineFormat.Options {
    var options = JSONLineFormat.Options()
    options.documents = documents
    options.largeIntegers = largeIntegers
    options.namesTransaction = namesTransaction
    if let maxJSONNesting { options.maxDocumentNesting = maxJSONNesting }
    options.maxLineBytes = maxLineBytes
    return options
  }
}

extension JSONLineFormat.Options.Documents: ExpressibleByArgument {}
extension JSONLineFormat.Options.LargeIntegers: ExpressibleByArgument {}
