internal import CDCTime
internal import PGWire

/// One row of what a server returned: its values as text, by the names of their columns.
struct ResultRow: Sendable {
  private let columns: [String]
  private let values: [String?]

  init(_ columns: [String], _ values: [String?]) {
    self.columns = columns
    self.values = values
  }

  /// The value of a column; `nil` if it is NULL or there is no such column.
  subscript(_ column: String) -> String? {
    guard let index = columns.firstIndex(of: column), values.indices.contains(index) else {
      return nil
    }
    return values[index]
  }

  /// Whether it has a column of this name.
  func has(_ column: String) -> Bool { columns.contains(column) }

  /// The value of the only column.
  var only: String? { values.count == 1 ? values[0] : nil }

  func int(_ column: String) -> Int64? { self[column].flatMap { Int64($0) } }
  func oid(_ column: String) -> UInt32? { self[column].flatMap { UInt32($0) } }
  func lsn(_ column: String) -> LSN? { self[column].flatMap { LSN($0) } }
  func flag(_ column: String) -> Bool? { self[column].map { $0 == "t" } }

  /// Microseconds since 1970, as the SQL of ``SQL`` asks for times.
  func time(_ column: String) -> PostgresTimestamp? {
    int(column).map(PostgresTimestamp.init(unixMicroseconds:))
  }

  /// Names that the server has joined with the unit separator, `chr(31)`.
  func names(_ column: String) -> [String] {
    self[column]?.split(separator: "\u{1F}").map(String.init) ?? []
  }
}

extension QueryResult {
  /// The rows, their values by column name.
  var resultRows: [ResultRow] {
    let names = columns.map(\.name)
    return rows.map { ResultRow(names, $0) }
  }
}
