/// A table as a consumer has it that applies the changes in order, and doubts each of them.
final class ReplayedTable {
  typealias Row = [String: JSONValue]

  /// The name with its schema.
  let name: String
  /// The columns of the primary key; none if rows can be the same.
  let key: [String]
  /// Rows by their keys.
  private var rows: [[JSONValue]: Row] = [:]
  /// Rows without a key, and how often each is there.
  private var heap: [Row: Int] = [:]

  init(_ name: String, key: [String]) {
    self.name = name
    self.key = key
  }

  var count: Int { key.isEmpty ? heap.values.reduce(0, +) : rows.count }

  func key(of row: Row) -> [JSONValue] { key.map { row[$0] ?? .null } }

  func insert(_ row: Row) throws {
    guard !key.isEmpty else {
      heap[row, default: 0] += 1
      return
    }
    let key = key(of: row)
    guard rows.updateValue(row, forKey: key) == nil else {
      throw TrialError("\(name): a row with the key \(key) is there already")
    }
  }

  /// Takes a row away.
  ///
  /// - Parameter old: The row, or its key.
  /// - Returns: The row.
  func remove(_ old: Row) throws -> Row {
    guard !key.isEmpty else {
      guard let count = heap[old] else { throw TrialError("\(name): there is no row \(old)") }
      heap[old] = count > 1 ? count - 1 : nil
      return old
    }
    let key = key(of: old)
    guard let row = rows.removeValue(forKey: key) else {
      throw TrialError("\(name): there is no row with the key \(key)")
    }
    return row
  }

  /// Replaces a row.
  ///
  /// - Parameters:
  ///   - old: The old row or its key; `nil` if the key has not changed.
  ///   - new: The new row, without the values that were not sent.
  ///   - unchanged: The columns that were not sent.
  func update(_ old: Row?, to new: Row, unchanged: [String]) throws {
    let before = try remove(old ?? new)
    var row = new
    for column in unchanged {
      guard row[column] == nil, let value = before[column] else {
        throw TrialError("\(name): the column \(column) is sent, or was never there")
      }
      row[column] = value
    }
    try insert(row)
  }

  func removeAll() {
    rows = [:]
    heap = [:]
  }

  func removeAll(in range: KeyRange) throws {
    guard range.columns == key || range.columns.isEmpty else {
      throw TrialError("\(name): a range of \(range.columns), and the key is \(key)")
    }
    if range.start == nil, range.end == nil { return removeAll() }
    rows = rows.filter { !range.contains($0.value) }
  }

  /// Compares with the rows of the source.
  func compare(with source: [Row]) -> Problems {
    var problems = Problems()
    var rest = rows
    var restOfHeap = heap
    for row in source {
      if key.isEmpty {
        guard let count = restOfHeap[row] else {
          problems.note("\(name): missing \(JSONValue.object(row))")
          continue
        }
        restOfHeap[row] = count > 1 ? count - 1 : nil
        continue
      }
      guard let found = rest.removeValue(forKey: key(of: row)) else {
        problems.note("\(name): missing \(JSONValue.object(row))")
        continue
      }
      if found != row { problems.note("\(name): \(Self.difference(row, found))") }
    }
    for row in rest.values { problems.note("\(name): too many \(JSONValue.object(row))") }
    for (row, count) in restOfHeap {
      for _ in 0..<count { problems.note("\(name): too many \(JSONValue.object(row))") }
    }
    return problems
  }

  private static func difference(_ source: Row, _ found: Row) -> String {
    let names = Set(source.keys).union(found.keys).sorted().filter { source[$0] != found[$0] }
    let words = names.map { name in
      "\(name) is \(found[name]?.description ?? "absent"), not "
        + (source[name]?.description ?? "absent")
    }
    return words.joined(separator: "; ") + " in \(JSONValue.object(source))"
  }
}
