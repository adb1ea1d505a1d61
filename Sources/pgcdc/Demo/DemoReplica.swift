internal import PGOutput
internal import PGWire

/// A copy of the demo's table, kept up to date by nothing but the stream.
struct DemoReplica {
  /// One row as text, column by column; `nil` is NULL.
  typealias RowValues = [String?]

  /// The rows by their key, the first column.
  private(set) var rows: [String: RowValues] = [:]
  private(set) var counts = DemoCounts()

  /// Applies the change in the message to the copy.
  ///
  /// - Returns: A description for the screen; `nil` for what changes no row.
  mutating func apply(_ message: PgOutputMessage) -> DemoChange? {
    switch message {
    case .insert(let relation, let new):
      let row = Self.read(new)
      counts.inserts += 1
      put(row)
      return DemoChange(kind: .insert, text: Self.describe(row, of: relation))
    case .update(let relation, let old, let new):
      let before: RowValues? = if let old { Self.read(old) } else { nil }
      let row = Self.read(new)
      counts.updates += 1
      if let before, let key = before.first ?? nil { rows[key] = nil }
      put(row)
      let moved = before.map { "  (was id=\(($0.first ?? nil) ?? "?"))" } ?? ""
      return DemoChange(kind: .update, text: Self.describe(row, of: relation) + moved)
    case .delete(let relation, let old):
      let row = Self.read(old)
      counts.deletes += 1
      if let key = row.first ?? nil { rows[key] = nil }
      let name = relation.columns.first?.name ?? "?"
      return DemoChange(kind: .delete, text: "\(name)=\((row.first ?? nil) ?? "?")")
    case .truncate(let truncate):
      counts.truncates += 1
      rows = [:]
      let names = truncate.relations.map(\.name).joined(separator: ", ")
      return DemoChange(kind: .truncate, text: names)
    default: return nil
    }
  }

  private mutating func put(_ row: RowValues) {
    if let key = row.first ?? nil { rows[key] = row }
  }

  private static func read(_ tuple: TupleData) -> RowValues {
    var row: RowValues = []
    tuple.forEachColumn { (_, column) in
      switch column {
      case .text(let bytes): row.append(String(decoding: bytes.copied(), as: UTF8.self))
      case .null, .unchanged, .notSent, .binary: row.append(nil)
      }
    }
    return row
  }

  private static func describe(_ row: RowValues, of relation: Relation) -> String {
    zip(relation.columns, row).map { "\($0.name)=\($1 ?? "NULL")" }.joined(separator: " ")
  }
}
