import PGOutput
import PGWire

/// One row change of a random history, its values as the server prints them, whichever form they
/// came in.
struct RandomChange {
  enum Kind: String {
    case insert, update, delete, truncate
  }

  typealias RowValues = [String: String?]

  let kind: Kind
  /// The table as the stream described it at that moment.
  let relation: Relation
  /// What is known of the old row: all of it, or the key.
  private(set) var old: RowValues = [:]
  private(set) var new: RowValues = [:]

  /// What messages do to rows; truncates are of one table each.
  static func make(
    _ message: PgOutputMessage, _ lsn: LSN, _ types: TypeCatalog
  ) throws -> RandomChange? {
    let reader = RowReader(types: types)
    func row(_ tuple: TupleData, _ relation: Relation) throws -> RowValues {
      try reader.read(tuple, of: relation, at: lsn) { row throws(RowError) in
        var values: RowValues = [:]
        for column in 0..<row.columnCount {
          switch try row.columnValue(column, as: String.self) {
          case .value(let text): values[relation.columns[column].name] = text
          case .null: values.updateValue(nil, forKey: relation.columns[column].name)
          case .unchanged, .notSent: break
          }
        }
        return values
      }
    }
    switch message {
    case .insert(let relation, let new):
      return RandomChange(kind: .insert, relation: relation, new: try row(new, relation))
    case .update(let relation, let old, let new):
      var change = RandomChange(kind: .update, relation: relation, new: try row(new, relation))
      if let old { change.old = try row(old, relation) }
      return change
    case .delete(let relation, let old):
      return RandomChange(kind: .delete, relation: relation, old: try row(old, relation))
    case .truncate(let truncate):
      return truncate.relations.first.map { RandomChange(kind: .truncate, relation: $0) }
    default: return nil
    }
  }

  /// The columns of the old row that are known, or the key of an update that has left it alone.
  var key: RowValues {
    guard kind == .update, old.isEmpty else { return old }
    return new.filter { name, _ in
      relation.columns.contains { $0.name == name && $0.isKey }
    }
  }
}

/// Tables that are made from nothing but a stream.
struct RandomReplica {
  private(set) var tables: [String: [RandomChange.RowValues]] = [:]
  private var shapes: [String: Relation] = [:]

  /// Does to the rows what was done on the server.
  ///
  /// - Throws: If a change doesn't fit them.
  init(_ changes: [RandomChange]) throws {
    for change in changes { try apply(change) }
  }

  /// What is in place of a value that was never sent.
  private static let unknown = "(never sent)"

  /// A change does not fit the rows.
  struct Mismatch: Error {
    let change: RandomChange
    let reason: String
  }

  private mutating func apply(_ change: RandomChange) throws {
    let name = change.relation.name
    reshape(name, to: change.relation)
    guard change.kind != .truncate else {
      tables[name] = []
      return
    }
    var row: RandomChange.RowValues = [:]
    if change.kind != .insert {
      let key = change.key
      let matches = tables[name, default: []].indices.filter { index in
        key.allSatisfy { tables[name]?[index][$0.key] == .some($0.value) }
      }
      guard matches.count == 1, !key.isEmpty else {
        throw Mismatch(change: change, reason: "\(matches.count) rows have the key")
      }
      row = tables[name]?.remove(at: matches[0]) ?? [:]
    }
    guard change.kind != .delete else { return }
    let missing = change.relation.columns.filter { change.new[$0.name] == nil }.map(\.name)
    if change.kind == .insert {
      // An update that brings a row into a filter comes as an insert, and what it has left alone
      // may not be sent.
      guard missing.isEmpty || name == "filtered" && missing == ["big"] else {
        throw Mismatch(change: change, reason: "columns are missing: \(missing)")
      }
      for column in missing { row[column] = Self.unknown }
    }
    row.merge(change.new) { $1 }
    tables[name, default: []].append(row)
  }

  /// Takes in how the table has changed, as far as the stream tells.
  private mutating func reshape(_ name: String, to relation: Relation) {
    let former = shapes.updateValue(relation, forKey: name)
    guard let former, former !== relation else { return }
    let difference = relation.difference(from: former)
    tables[name] = tables[name, default: []].map { row in
      var row = row
      for column in difference.dropped { row[column.name] = nil }
      for column in difference.renamed {
        if let value = row.removeValue(forKey: column.before.name) {
          row.updateValue(value, forKey: column.after.name)
        }
      }
      for column in difference.added { row.updateValue(nil, forKey: column.name) }
      return row
    }
  }

  /// What is not as on the server, the first few of it.
  func differences(
    from sql: WireConnection, _ tables: [RandomTable], generated: Bool
  ) async throws -> [String] {
    var found: [String] = []
    for table in tables {
      let columns = table.published(generated: generated)
      let condition = table.filter.map { "WHERE \($0)" } ?? ""
      let rows = try await sql.rows(
        "SELECT \(columns.joined(separator: ", ")) FROM \(table.name) \(condition)")
      let expected = Dictionary(
        rows.map { row in (row[0] ?? "", zip(columns, row).map { "\($0): \($1 ?? "NULL")" }) },
        uniquingKeysWith: { $1 })
      let ours = Dictionary(
        self.tables[table.name, default: []].map { row in
          ((row["id"] ?? nil) ?? "", columns.map { "\($0): \((row[$0] ?? nil) ?? "NULL")" })
        }, uniquingKeysWith: { $1 })
      for id in Set(expected.keys).union(ours.keys).sorted() where expected[id] != ours[id] {
        let pairs = zip(expected[id] ?? ["none"], ours[id] ?? ["none"])
          .filter { $0 != $1 && $1 != "big: \(Self.unknown)" }
        if !pairs.isEmpty { found.append("\(table.name) \(id): \(pairs)") }
      }
    }
    return found
  }
}
