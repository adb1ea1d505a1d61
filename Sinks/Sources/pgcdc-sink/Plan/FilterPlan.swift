internal import ChangeFormats
internal import PGWire
internal import ReplicationCore

/// Which tables are written, and what becomes of their columns, by names.
///
/// A table is `table` or `schema.table`, and a column of it has one more part; a part that has a
/// dot or a quote goes in double quotes, as in SQL.
struct FilterPlan: Sendable, Hashable {
  /// The tables to write; all if there are none.
  var tables: [String] = []
  var excludedTables: [String] = []
  var excludedColumns: [String] = []
  var maskedColumns: [String] = []
  var maskText = "****"
  var hashedColumns: [String] = []
  /// The file that has the key for them.
  var hashKeyFile: String?
  /// Each with a number: `table.column=20`.
  var truncatedColumns: [String] = []

  /// Whether everything is written as it is.
  var isEmpty: Bool { tables.isEmpty && excludedTables.isEmpty && !changesColumns }

  /// Whether there are rules for columns.
  var changesColumns: Bool {
    ![excludedColumns, maskedColumns, hashedColumns, truncatedColumns].allSatisfy(\.isEmpty)
  }

  /// Checks all names, without reading the key.
  func check() throws(PlanError) {
    if !hashedColumns.isEmpty, hashKeyFile == nil {
      throw PlanError("columns are to be hashed, which needs a file with the key")
    }
    _ = try filter(hashKey: Password(""))
  }

  /// What the format gets.
  func filter() throws(PlanError) -> ChangeFilter {
    try check()
    guard let hashKeyFile else { return try filter(hashKey: Password("")) }
    return try filter(hashKey: Password(bytes: try SmallFile.secret(at: hashKeyFile)))
  }

  private func filter(hashKey: Password) throws(PlanError) -> ChangeFilter {
    var included: [TablePattern] = []
    for name in tables { included.append(try Self.table(name)) }
    var excluded: [TablePattern] = []
    for name in excludedTables { excluded.append(try Self.table(name)) }
    var rules: [ColumnRule] = []
    for name in excludedColumns { rules.append(try Self.rule(name, .leftOut)) }
    for name in maskedColumns { rules.append(try Self.rule(name, .masked(with: maskText))) }
    for name in hashedColumns { rules.append(try Self.rule(name, .hashed(key: hashKey))) }
    for text in truncatedColumns { rules.append(try Self.truncation(text)) }
    return ChangeFilter(
      tables: included.isEmpty ? nil : included, excluding: excluded, columns: rules)
  }
}

// MARK: - Names

extension FilterPlan {
  private static func table(_ name: String) throws(PlanError) -> TablePattern {
    guard let parts = NameList.parts(ofQualified: name), parts.count <= 2 else {
      throw PlanError("\(name): not a table's name, which is table or schema.table")
    }
    return TablePattern(schema: parts.count == 2 ? parts[0] : nil, table: parts[parts.count - 1])
  }

  private static func rule(
    _ name: String, _ treatment: ColumnTreatment
  ) throws(PlanError) -> ColumnRule {
    guard let parts = NameList.parts(ofQualified: name), (2...3).contains(parts.count) else {
      throw PlanError(
        "\(name): not a column's name, which is table.column or schema.table.column")
    }
    let schema = parts.count == 3 ? parts[0] : nil
    return ColumnRule(
      TablePattern(schema: schema, table: parts[parts.count - 2]), parts[parts.count - 1],
      treatment)
  }

  private static func truncation(_ text: String) throws(PlanError) -> ColumnRule {
    guard let equals = text.lastIndex(of: "="), let count = Int(text[equals...].dropFirst()),
      count >= 0
    else {
      throw PlanError("\(text): a number of characters is missing, as in table.column=20")
    }
    return try rule(String(text[..<equals]), .truncated(to: count))
  }
}

// MARK: - The server's tables

extension FilterPlan {
  /// Checks that each table that is to be hidden, or has columns that are, is published under that
  /// name: the changes of a partition bear its own name, unless the publication says otherwise, and
  /// would be written as they are.
  ///
  /// - Throws: ``PlanError``, or what asking the server has failed with.
  func checkNames(_ params: ReplicationParams) async throws {
    let named = try hiddenTables
    if named.isEmpty { return }
    let client = try Client(params)
    defer { client.close() }
    let published = try await client.publishedTables()
    for (name, pattern) in named {
      let isPublished = published.contains { table in
        (pattern.schema ?? table.schema) == table.schema
          && (pattern.table ?? table.name) == table.name
      }
      guard !isPublished else { continue }
      throw PlanError(
        "\(name) is to be hidden, and no published table has that name; partitions have names of "
          + "their own, unless the publication has publish_via_partition_root")
    }
  }

  private var hiddenTables: [(name: String, pattern: TablePattern)] {
    get throws(PlanError) {
      var tables: [(name: String, pattern: TablePattern)] = []
      for name in excludedTables { tables.append((name, try Self.table(name))) }
      for name in excludedColumns + maskedColumns + hashedColumns {
        tables.append((name, try Self.rule(name, .leftOut).tables))
      }
      for text in truncatedColumns { tables.append((text, try Self.truncation(text).tables)) }
      return tables
    }
  }
}
