import PGOutput
import ReplicationCore

/// Takes the transactions of a subscription and writes down what they mean, in words that are the same
/// for every way in which they can come.
struct MatrixReceiver {
  /// Those that count, in commit order; empty ones, which servers 13 and 14 send, are left out.
  private(set) var transactions: [[String]] = []
  /// How many were prepared first.
  private(set) var prepared = 0
  /// How many came in blocks.
  private(set) var streamed = 0
  /// The forms in which values came: `text`, `binary`.
  private(set) var forms: Set<String> = []
  private var open: [String: [String]] = [:]

  /// How many are prepared, and nothing more yet.
  var openCount: Int { open.count }

  mutating func take(_ transaction: ReplicationTransaction) async throws {
    var changes: [String] = []
    for try await change in transaction.changes {
      if let words = try describe(change) { changes.append(words) }
    }
    if transaction.isStreamed { streamed += 1 }
    switch transaction.kind {
    case .prepared(let gid):
      prepared += 1
      open[gid] = changes
    case .commitPrepared(let gid):
      guard let changes = open.removeValue(forKey: gid) else { throw NoValue(sql: gid) }
      add(changes)
    case .rollbackPrepared(let gid):
      guard open.removeValue(forKey: gid) != nil else { throw NoValue(sql: gid) }
    case .committed: add(changes)
    case .message: break
    }
  }

  private mutating func add(_ changes: [String]) {
    if !changes.isEmpty { transactions.append(changes) }
  }

  /// What a change does to rows; `nil` if nothing.
  private mutating func describe(_ change: TransactionChange) throws -> String? {
    switch change {
    case .insert(let row): return try "insert " + describe(row, withOld: false)
    case .update(let row): return try "update " + describe(row, withOld: true)
    case .delete(let row): return try "delete " + describe(row, withOld: false)
    case .truncate(let truncate, _):
      return (["truncate"] + truncate.relations.map(\.name).sorted()).joined(separator: " ")
    case .message, .relation: return nil
    }
  }

  private mutating func describe(_ change: RowChange, withOld: Bool) throws -> String {
    var words = [change.relation.name]
    if withOld {
      let old = try change.withOldRow { row throws(RowError) in try Self.read(row).words }
      if let old { words.append("[\(old)]") }
    }
    let row = try change.withRow { row throws(RowError) in try Self.read(row) }
    forms.formUnion(row.forms)
    return (words + [row.words]).joined(separator: " ")
  }

  /// The columns of a row that were sent, and in which forms they were.
  private static func read(
    _ row: RowView
  ) throws(RowError) -> (words: String, forms: Set<String>) {
    var words: [String] = []
    var forms: Set<String> = []
    for (index, column) in row.relation.columns.enumerated() {
      switch try row.columnValue(index, as: String.self) {
      case .value(let value):
        words.append("\(column.name)=\(value)")
        forms.insert(try form(of: index, in: row))
      case .null: words.append("\(column.name)=NULL")
      case .unchanged: words.append("\(column.name)=(unchanged)")
      case .notSent: break
      }
    }
    return (words.joined(separator: " "), forms)
  }

  private static func form(of column: Int, in row: RowView) throws(RowError) -> String {
    try row.withColumn(at: column) { value -> String in
      switch value {
      case .text: return "text"
      case .binary: return "binary"
      case .null, .unchanged, .notSent: return "none"
      }
    }
  }
}
