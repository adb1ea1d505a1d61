/// A list of names that a ``FilterPlan`` has.
///
/// The raw values are the names of its properties.
public enum FilterList: String, Sendable, CaseIterable {
  /// The tables that are left, if not all are.
  case tables
  /// The tables that are left out.
  case excludedTables
  /// The columns that are left out.
  case excludedColumns
  /// The columns that have a fixed text.
  case maskedColumns
  /// The columns that have a hash.
  case hashedColumns
  /// The columns whose texts are cut off.
  case truncatedColumns

  /// The option of the command line.
  public var option: String {
    switch self {
    case .tables: "--table"
    case .excludedTables: "--exclude-table"
    case .excludedColumns: "--exclude-column"
    case .maskedColumns: "--mask-column"
    case .hashedColumns: "--hash-column"
    case .truncatedColumns: "--truncate-column"
    }
  }
}
