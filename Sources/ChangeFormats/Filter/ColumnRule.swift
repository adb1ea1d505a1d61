import PGOutput

/// A table by its name, or several tables.
public struct TablePattern: Hashable, Sendable {
  /// The schema; `nil` for any.
  public var schema: String?
  /// The table's name, without its schema; `nil` for any.
  public var table: String?

  /// The tables with these names.
  public init(schema: String? = nil, table: String? = nil) {
    self.schema = schema
    self.table = table
  }

  package func matches(_ schema: String, _ table: String) -> Bool {
    (self.schema ?? schema) == schema && (self.table ?? table) == table
  }
}

/// What becomes of a column, by its name.
public struct ColumnRule: Sendable {
  /// The tables that have the column.
  public var tables: TablePattern
  /// The column's name.
  public var column: String
  /// What becomes of its values.
  public var treatment: ColumnTreatment

  /// A rule for the columns of this name.
  public init(_ tables: TablePattern, _ column: String, _ treatment: ColumnTreatment) {
    self.tables = tables
    self.column = column
    self.treatment = treatment
  }
}

extension ChangeFilter {
  /// A filter by names.
  ///
  /// A rule that names its table is an error if that table has no such column, as after a rename:
  /// ``FormatError/column(_:table:column:)``.
  ///
  /// - Parameters:
  ///   - tables: The tables to write; `nil` for all.
  ///   - excluded: Tables that are not written, even if `tables` has them.
  ///   - columns: What becomes of columns; the first rule that fits counts.
  public init(
    tables: [TablePattern]? = nil, excluding excluded: [TablePattern] = [],
    columns: [ColumnRule] = []
  ) {
    includesTable = { schema, table in
      guard !excluded.contains(where: { $0.matches(schema, table) }) else { return false }
      return tables?.contains { $0.matches(schema, table) } ?? true
    }
    treatment = { column, relation in
      let rule = columns.first {
        $0.column == column.name && $0.tables.matches(relation.namespace, relation.name)
      }
      return rule?.treatment ?? .asIs
    }
    namedColumns = { relation in
      let rules = columns.filter {
        $0.tables.table != nil && $0.tables.matches(relation.namespace, relation.name)
      }
      return rules.map(\.column)
    }
  }
}
