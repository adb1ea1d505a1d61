internal import ArgumentParser

/// Which tables are written, and what becomes of their columns.
struct FilterArguments: ParsableArguments {
  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "Write only the changes of this table; can be given more than once.",
      discussion: """
        As name or schema.name. A part that contains a dot or a quote goes in double quotes, with \
        quotes inside doubled. A publication that leaves tables and columns out spares the server \
        and the network.
        """, valueName: "table"))
  var tables: [String] = []

  @Option(
    name: .customLong("exclude-table"),
    help: ArgumentHelp(
      "Don't write the changes of this table; can be given more than once.", valueName: "table"))
  var excludedTables: [String] = []

  @Option(
    name: .customLong("exclude-column"),
    help: ArgumentHelp(
      "Leave a column out; can be given more than once, as the options below.",
      discussion: """
        As table.column or schema.table.column. A column of a primary key or a replica identity \
        is refused when its table is met, and so is a name that its table doesn't have. The table \
        has to be published under that name when the connector starts; a table that is renamed \
        later is no longer meant, and partitions have names of their own.
        """, valueName: "column"))
  var excludedColumns: [String] = []

  @Option(
    name: .customLong("mask-column"),
    help: ArgumentHelp("Write --mask-text in place of a column's values.", valueName: "column"))
  var maskedColumns: [String] = []

  @Option(name: .customLong("mask-text"), help: "The text for --mask-column. (default: ****)")
  var maskText: String?

  @Option(
    name: .customLong("hash-column"),
    help: ArgumentHelp(
      "Write the HMAC-SHA-256 of a column's values, with the key in --hash-key-file.",
      discussion: "It is that of the text that PostgreSQL prints; NULL stays NULL.",
      valueName: "column"))
  var hashedColumns: [String] = []

  @Option(
    name: .customLong("hash-key-file"),
    help: ArgumentHelp(
      "A file that has the key for --hash-column.",
      discussion: "All of it is the key, but for a line break at its end.", valueName: "file"))
  var hashKeyFile: String?

  @Option(
    name: .customLong("truncate-column"),
    help: ArgumentHelp(
      "Cut a column's texts off after a number of characters.", valueName: "column=characters"))
  var truncatedColumns: [String] = []

  func validate() throws {
    if maskText != nil, maskedColumns.isEmpty {
      throw ValidationError("--mask-text requires --mask-column")
    }
    if hashKeyFile != nil, hashedColumns.isEmpty {
      throw ValidationError("--hash-key-file requires --hash-column")
    }
    try ValidationError.checking { try plan.check() }
  }

  /// The filter, by names.
  var plan: FilterPlan {
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
