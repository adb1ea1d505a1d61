internal import ArgumentParser
internal import ChangeFormats
internal import PGWire

/// Which tables are printed, and what becomes of their columns.
struct FilterArguments: ParsableArguments {
  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "Print only the changes of this table; can be given more than once.",
      discussion: """
        As name or schema.name. A part that contains a dot or a quote goes in double quotes, with \
        quotes inside doubled. This and the options below require --format json or debezium. A \
        publication that leaves tables and columns out spares the server and the network.
        """, valueName: "table"))
  var tables: [String] = []

  @Option(
    name: .customLong("exclude-table"),
    help: ArgumentHelp(
      "Don't print the changes of this table; can be given more than once.", valueName: "table"))
  var excludedTables: [String] = []

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
  var excludedColumns: [String] = []

  @Option(
    name: .customLong("mask-column"),
    help: ArgumentHelp("Print --mask-text in place of a column's values.", valueName: "column"))
  var maskedColumns: [String] = []

  @Option(name: .customLong("mask-text"), help: "The text for --mask-column. (default: ****)")
  var maskText: String?

  @Option(
    name: .customLong("hash-column"),
    help: ArgumentHelp(
      "Print the HMAC-SHA-256 of a column's values, with the key in --hash-key-file.",
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

  func validate(format: OutputFormat) throws {
    if let option, format != .json, format != .debezium {
      throw ValidationError("\(option) requires --format json or debezium")
    }
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
    _ = try filter(hashKey: Password(""))
  }

  /// What is to be printed.
  ///
  /// - Throws: ``FileError`` if the key can't be read.
  func filter() throws -> ChangeFilter {
    try filter(hashKey: hashKeyFile.map { try FileReader.key(at: $0) } ?? Password(""))
  }

  private func filter(hashKey: Password) throws -> ChangeFilter {
    let mask = ColumnTreatment.masked(with: maskText ?? "****")
    let rules = try [
      excludedColumns.map { try Self.rule($0, .leftOut, "--exclude-column") },
      maskedColumns.map { try Self.rule($0, mask, "--mask-column") },
      hashedColumns.map { try Self.rule($0, .hashed(key: hashKey), "--hash-column") },
      truncatedColumns.map(Self.truncation),
    ]
    let included = try tables.map { try Self.table($0, "--table") }
    let excluded = try excludedTables.map { try Self.table($0, "--exclude-table") }
    return ChangeFilter(
      tables: included.isEmpty ? nil : included, excluding: excluded,
      columns: rules.flatMap(\.self))
  }

  /// Whether there are rules for columns.
  var changesColumns: Bool {
    ![excludedColumns, maskedColumns, hashedColumns, truncatedColumns].allSatisfy(\.isEmpty)
  }

  /// An option that was given.
  private var option: String? {
    if !tables.isEmpty { return "--table" }
    if !excludedTables.isEmpty { return "--exclude-table" }
    if !excludedColumns.isEmpty { return "--exclude-column" }
    if !maskedColumns.isEmpty { return "--mask-column" }
    if !hashedColumns.isEmpty { return "--hash-column" }
    return truncatedColumns.isEmpty ? nil : "--truncate-column"
  }
}

extension FilterArguments {
  static func table(_ name: String, _ option: String) throws -> TablePattern {
    guard let parts = NameList.parts(ofQualified: name), parts.count <= 2 else {
      throw ValidationError("\(option) \(name): not a table's name, which is table or schema.table")
    }
    return TablePattern(schema: parts.count == 2 ? parts[0] : nil, table: parts[parts.count - 1])
  }

  static func rule(
    _ name: String, _ treatment: ColumnTreatment, _ option: String
  ) throws -> ColumnRule {
    guard let parts = NameList.parts(ofQualified: name), (2...3).contains(parts.count) else {
      throw ValidationError(
        "\(option) \(name): not a column's name, which is table.column or schema.table.column")
    }
    let schema = parts.count == 3 ? parts[0] : nil
    return ColumnRule(
      TablePattern(schema: schema, table: parts[parts.count - 2]), parts[parts.count - 1],
      treatment)
  }

  /// A rule of the form `table.column=20`.
  static func truncation(_ text: String) throws -> ColumnRule {
    guard let equals = text.lastIndex(of: "="), let count = Int(text[equals...].dropFirst()),
      count >= 0
    else {
      throw ValidationError(
        "--truncate-column \(text): a number of characters is missing, as in table.column=20")
    }
    return try rule(String(text[..<equals]), .truncated(to: count), "--truncate-column")
  }
}
