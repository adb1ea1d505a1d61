internal import ChangeFormats
public import ReplicationCore

extension FilterPlan {
  /// Checks that each table that is to be hidden, or has columns that are, is published under that
  /// name: the changes of a partition bear its own name, unless the publication says otherwise, and
  /// would be delivered as they are.
  ///
  /// - Throws: ``FilterError``, or the error of asking the server.
  public func checkNames(_ client: Client) async throws {
    let named = try hiddenTables
    if named.isEmpty { return }
    let published = try await client.publishedTables()
    for (list, name, pattern) in named
    where !published.contains(where: { pattern.matches($0.schema, $0.name) }) {
      throw FilterError(
        list: list, name: name,
        problem: "no published table has that name; partitions have names of their own, unless "
          + "the publication has publish_via_partition_root")
    }
  }

  /// The tables of names whose effect would be missed.
  private var hiddenTables: [(list: FilterList, name: String, pattern: TablePattern)] {
    get throws(FilterError) {
      var tables: [(list: FilterList, name: String, pattern: TablePattern)] = []
      for name in excludedTables {
        tables.append((.excludedTables, name, try Self.table(name, .excludedTables)))
      }
      for list in [FilterList.excludedColumns, .maskedColumns, .hashedColumns] {
        for name in self[list] {
          tables.append((list, name, try Self.rule(name, .leftOut, list).tables))
        }
      }
      for text in truncatedColumns {
        tables.append((.truncatedColumns, text, try Self.truncation(text).tables))
      }
      return tables
    }
  }
}

extension FilterPlan {
  static func table(_ name: String, _ list: FilterList) throws(FilterError) -> TablePattern {
    guard let parts = NameList.parts(ofQualified: name), parts.count <= 2 else {
      throw FilterError(
        list: list, name: name, problem: "not a table's name, which is table or schema.table")
    }
    return TablePattern(schema: parts.count == 2 ? parts[0] : nil, table: parts[parts.count - 1])
  }

  static func rule(
    _ name: String, _ treatment: ColumnTreatment, _ list: FilterList
  ) throws(FilterError) -> ColumnRule {
    guard let parts = NameList.parts(ofQualified: name), (2...3).contains(parts.count) else {
      throw FilterError(
        list: list, name: name,
        problem: "not a column's name, which is table.column or schema.table.column")
    }
    let schema = parts.count == 3 ? parts[0] : nil
    return ColumnRule(
      TablePattern(schema: schema, table: parts[parts.count - 2]), parts[parts.count - 1],
      treatment)
  }

  /// A rule of the form `table.column=20`.
  static func truncation(_ text: String) throws(FilterError) -> ColumnRule {
    guard let equals = text.lastIndex(of: "="), let count = Int(text[equals...].dropFirst()),
      count >= 0
    else {
      throw FilterError(
        list: .truncatedColumns, name: text,
        problem: "a number of characters is missing, as in table.column=20")
    }
    return try rule(String(text[..<equals]), .truncated(to: count), .truncatedColumns)
  }
}
