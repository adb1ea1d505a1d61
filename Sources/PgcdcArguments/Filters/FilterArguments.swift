public import ArgumentParser

/// Which tables are delivered, and what becomes of their columns.
public struct FilterArguments<Words: ProgramWords>: ParsableArguments, Sendable {
  /// The tables that are left, if not all are.
  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "\(Words.capitalVerb) only the changes of this table; can be given more than once.",
      discussion: """
        As name or schema.name. A part that contains a dot or a quote goes in double quotes, with \
        quotes inside doubled. \(Words.filterRequirement)A publication that leaves tables and \
        columns out spares the server and the network.
        """, valueName: "table"))
  public var tables: [String] = []

  /// The tables that are left out.
  @Option(
    name: .customLong("exclude-table"),
    help: ArgumentHelp(
      "Don't \(Words.verb) the changes of this table; can be given more than once.",
      valueName: "table"))
  public var excludedTables: [String] = []

  /// The columns that are left out.
  @Option(
    name: .customLong("exclude-column"),
    help: ArgumentHelp(
      "Leave a column out; can be given more than once, as the options below.",
      discussion: """
        As table.column or schema.table.column. A column of a primary key or a replica identity is \
        refused when its table is met, and so is a name that its table doesn't have. The table has \
        to be published under that name when the program starts; a table that is renamed later is \
        no longer meant, and partitions have names of their own.
        """, valueName: "column"))
  public var excludedColumns: [String] = []

  /// The columns that have a fixed text.
  @Option(
    name: .customLong("mask-column"),
    help: ArgumentHelp(
      "\(Words.capitalVerb) --mask-text in place of a column's values.", valueName: "column"))
  public var maskedColumns: [String] = []

  /// The text for them.
  @Option(name: .customLong("mask-text"), help: "The text for --mask-column. (default: ****)")
  public var maskText: String?

  /// The columns that have a hash.
  @Option(
    name: .customLong("hash-column"),
    help: ArgumentHelp(
      """
      \(Words.capitalVerb) the HMAC-SHA-256 of a column's values, with the key in --hash-key-file.
      """,
      discussion: "It is that of the text that PostgreSQL prints; NULL stays NULL.",
      valueName: "column"))
  public var hashedColumns: [String] = []

  /// The file that has the key for them.
  @Option(
    name: .customLong("hash-key-file"),
    help: ArgumentHelp(
      "A file that has the key for --hash-column.",
      discussion: "All of it is the key, but for a line break at its end.", valueName: "file"))
  public var hashKeyFile: String?

  /// The columns whose texts are cut off.
  @Option(
    name: .customLong("truncate-column"),
    help: ArgumentHelp(
      "Cut a column's texts off after a number of characters.", valueName: "column=characters"))
  public var truncatedColumns: [String] = []

  /// For the parser.
  public init() {}

  /// Refuses names that can't be, and options without those that they need.
  public func validate() throws {
    if maskText != nil, maskedColumns.isEmpty {
      throw ValidationError("--mask-text requires --mask-column")
    }
    if !hashedColumns.isEmpty, hashKeyFile == nil {
      throw ValidationError("--hash-column requires --hash-key-file")
    }
    if let hashKeyFile {
      if hashedColumns.isEmpty { throw ValidationError("--hash-key-file requires --hash-column") }
      try FileArgument.check(hashKeyFile)
    }
    do throws(FilterError) {
      try plan.check()
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// The filter, by names.
  public var plan: FilterPlan {
    var plan = FilterPlan()
    plan.tables = tables
    plan.excludedTables = excludedTables
    plan.excludedColumns = excludedColumns
    plan.maskedColumns = maskedColumns
    if let maskText { plan.maskText = maskText }
    plan.hashedColumns = hashedColumns
    plan.hashKeyFile = hashKeyFile
    plan.truncatedColumns = truncatedColumns
    return plan
  }
}
