public import ChangeFormats
public import PGWire

/// Which tables are delivered, and what becomes of their columns, by names.
///
/// A table is `table` or `schema.table`, and a column of it has one more part; a part that has a
/// dot or a quote goes in double quotes, as in SQL.
public struct FilterPlan: Sendable, Hashable {
  /// The tables to deliver; all if there are none.
  public var tables: [String] = []
  /// The tables that are left out.
  public var excludedTables: [String] = []
  /// The columns that are left out.
  public var excludedColumns: [String] = []
  /// The columns that have ``maskText`` in place of their values.
  public var maskedColumns: [String] = []
  /// The text for ``maskedColumns``.
  public var maskText = "****"
  /// The columns that have the HMAC-SHA-256 of their values.
  public var hashedColumns: [String] = []
  /// The file that has the key for ``hashedColumns``.
  public var hashKeyFile: String?
  /// The columns whose texts are cut off, each with a number of characters: `table.column=20`.
  public var truncatedColumns: [String] = []

  /// A filter that leaves everything as it is.
  public init() {}

  /// Whether everything is delivered as it is.
  public var isEmpty: Bool { tables.isEmpty && excludedTables.isEmpty && !changesColumns }

  /// Whether there are rules for columns.
  public var changesColumns: Bool {
    ![excludedColumns, maskedColumns, hashedColumns, truncatedColumns].allSatisfy(\.isEmpty)
  }

  /// A list that has names; `nil` if none has.
  public var firstList: FilterList? { FilterList.allCases.first { !self[$0].isEmpty } }

  /// The names of a list.
  public subscript(list: FilterList) -> [String] {
    switch list {
    case .tables: tables
    case .excludedTables: excludedTables
    case .excludedColumns: excludedColumns
    case .maskedColumns: maskedColumns
    case .hashedColumns: hashedColumns
    case .truncatedColumns: truncatedColumns
    }
  }

  /// What a format gets.
  ///
  /// - Parameter hashKey: The key for ``hashedColumns``.
  /// - Throws: ``FilterError`` for a name that can't be one.
  public func filter(hashKey: Password) throws(FilterError) -> ChangeFilter {
    var included: [TablePattern] = []
    for name in tables { included.append(try Self.table(name, .tables)) }
    var excluded: [TablePattern] = []
    for name in excludedTables { excluded.append(try Self.table(name, .excludedTables)) }
    var rules: [ColumnRule] = []
    for name in excludedColumns {
      rules.append(try Self.rule(name, .leftOut, .excludedColumns))
    }
    for name in maskedColumns {
      rules.append(try Self.rule(name, .masked(with: maskText), .maskedColumns))
    }
    for name in hashedColumns {
      rules.append(try Self.rule(name, .hashed(key: hashKey), .hashedColumns))
    }
    for text in truncatedColumns { rules.append(try Self.truncation(text)) }
    return ChangeFilter(
      tables: included.isEmpty ? nil : included, excluding: excluded, columns: rules)
  }

  /// Checks all names, without the key.
  ///
  /// - Throws: ``FilterError`` for a name that can't be one.
  public func check() throws(FilterError) { _ = try filter(hashKey: Password("")) }
}
