@testable import ReplicationCore

extension ResultRow {
  /// A row with these values, by their columns.
  init(_ columns: [String: String?]) {
    let names = Array(columns.keys)
    self.init(names, names.map { columns[$0] ?? nil })
  }
}
