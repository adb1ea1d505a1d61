import PGOutput
import PGWire
import ReplicationCore
import Synchronization

/// A copy of tables, made of a subscription's items, and stored together with the checkpoint.
///
/// What is stored is what a consumer has whose store takes both in one transaction: nothing may come
/// twice, and nothing may be missing when it is changed.
struct IncrementalMirror: Sendable {
  typealias RowValues = [String?]

  /// The rows of one table, by the values of its key; of a table without one in any order.
  struct Table: Hashable, Sendable {
    var rows: [RowValues: RowValues] = [:]
    var bag: [RowValues: Int] = [:]
  }

  /// The columns of each table's key, by its name; none if it has no key.
  let keys: [String: [String]]
  /// Compares keys that only a server can compare.
  let sql: WireConnection
  var tables: [String: Table] = [:]
  var checkpoint: Checkpoint?
  /// Tables that are whole, in the order in which that was said.
  var whole: [String] = []
  /// The same with their positions: one may be repeated after a restart.
  private var toldWhole: Set<WholeTable> = []
  var chunks = 0
  var brokenChunks = 0
  var transactions = 0
  /// What makes no sense.
  var faults: [String] = []

  init(keys: [String: [String]], comparedBy sql: WireConnection) {
    self.keys = keys
    self.sql = sql
  }

  /// Takes an item.
  ///
  /// - Returns: Whether it has all of it.
  mutating func take(_ item: SubscriptionItem) async throws {
    switch item {
    case .transaction(let transaction):
      transactions += 1
      let former = (tables, faults)
      do {
        for try await change in transaction.changes { try apply(change) }
      } catch ReplicationError.interrupted {
        (tables, faults) = former
        return
      }
      checkpoint = try transaction.checkpoint()
      transaction.acknowledge()
    case .rangeBegins(let chunk): try await take(chunk)
    case .tableIsWhole(let table):
      if toldWhole.insert(table).inserted { whole.append(table.name) }
    @unknown default: faults.append("an unknown item")
    }
  }

  private mutating func take(_ chunk: SnapshotChunk) async throws {
    let name = chunk.table.relation.name
    let columns = chunk.range.columns
    let former = tables[name, default: Table()]
    var table = former
    if chunk.range.isWholeTable {
      table = Table()
    } else {
      let all = Array(table.rows.keys)
      let inside = try await inside(chunk.range, of: name, all)
      let answers = try await chunk.contains(all.map { key in key.map { $0 ?? "" } })
      if Set(zip(all, answers).filter(\.1).map(\.0)) != Set(inside) {
        faults.append("\(name): a chunk says otherwise which keys are in \(chunk.range)")
      }
      for key in inside {
        table.rows[key] = nil
      }
    }
    do {
      for try await batch in chunk.batches {
        try batch.forEachRow { row in
          let values = try row.texts
          if columns.isEmpty, keys[name]?.isEmpty == true {
            table.bag[values, default: 0] += 1
          } else {
            let key = try row.key(keys[name] ?? [])
            if !columns.isEmpty, chunk.range.contains(key.map { $0 ?? "" }) == false {
              faults.append("\(name) \(key) is not in its chunk")
            }
            if columns == keys[name], table.rows[key] != nil,
              chunk.range.contains(key.map { $0 ?? "" }) == true
            {
              faults.append("\(name) \(key) is there twice in its chunk")
            }
            table.rows[key] = values
          }
        }
      }
    } catch ReplicationError.chunkInterrupted {
      brokenChunks += 1
      return
    }
    chunks += 1
    tables[name] = table
    checkpoint = try chunk.checkpoint()
    chunk.acknowledge()
  }

  /// Those of the keys that lie in a range.
  private func inside(
    _ range: SnapshotKeyRange, of name: String, _ all: [RowValues]
  ) async throws -> [RowValues] {
    var found: [RowValues] = []
    var unknown: [RowValues] = []
    for key in all {
      switch range.contains(key.map { $0 ?? "" }) {
      case true?: found.append(key)
      case false?: continue
      case nil: unknown.append(key)
      }
    }
    guard !unknown.isEmpty, let condition = try range.condition() else { return found }
    let columns = (keys[name] ?? []).joined(separator: ", ")
    let values = unknown.map { key in
      "(" + key.map { ($0 ?? "").literal }.joined(separator: ", ") + ")"
    }
    // A table like the source's, so that types and collations are the same.
    try await sql.run(
      """
      CREATE TEMP TABLE IF NOT EXISTS \(name)_keys AS SELECT \(columns) FROM \(name) LIMIT 0;
      TRUNCATE \(name)_keys; INSERT INTO \(name)_keys VALUES \(values.joined(separator: ", "))
      """)
    return found
      + (try await sql.rows("SELECT \(columns) FROM \(name)_keys WHERE \(condition)"))
  }

  private mutating func apply(_ change: TransactionChange) throws {
    switch change {
    case .insert(let row):
      let name = row.relation.name
      let values = try row.withRow { try $0.texts }
      guard let columns = keys[name], !columns.isEmpty else {
        tables[name, default: Table()].bag[values, default: 0] += 1
        return
      }
      let key = try row.withRow { try $0.key(columns) }
      if tables[name, default: Table()].rows.updateValue(values, forKey: key) != nil {
        faults.append("\(name) \(key) is inserted twice")
      }
    case .update(let row): try update(row)
    case .delete(let row):
      let name = row.relation.name
      guard let columns = keys[name], !columns.isEmpty else {
        return remove(try row.withRow { try $0.texts }, from: name)
      }
      let key = try row.withRow { try $0.key(columns) }
      if tables[name]?.rows.removeValue(forKey: key) == nil {
        faults.append("\(name) \(key) is deleted and missing")
      }
    case .truncate(let truncate, _):
      for relation in truncate.relations { tables[relation.name] = Table() }
    case .message, .relation: return
    @unknown default: faults.append("an unknown change")
    }
  }

  private mutating func update(_ row: RowChange) throws {
    let name = row.relation.name
    guard let columns = keys[name], !columns.isEmpty else {
      if let old = try row.withOldRow({ try $0.texts }) { remove(old, from: name) }
      tables[name, default: Table()].bag[try row.withRow { try $0.texts }, default: 0] += 1
      return
    }
    let key = try row.withRow { try $0.key(columns) }
    let former = try row.withOldRow { try $0.key(columns) } ?? key
    guard let old = tables[name]?.rows.removeValue(forKey: former) else {
      faults.append("\(name) \(former) is updated and missing")
      return
    }
    let values = try row.withRow { row in
      zip(try row.texts(unchangedAs: nil), old).map { $0 ?? $1 }
    }
    if tables[name]?.rows.updateValue(values, forKey: key) != nil {
      faults.append("\(name) \(key) is there before it is moved")
    }
  }

  private mutating func remove(_ values: RowValues, from name: String) {
    guard let count = tables[name]?.bag[values], count > 0 else {
      faults.append("a row of \(name) is removed and missing")
      return
    }
    tables[name]?.bag[values] = count == 1 ? nil : count - 1
  }
}

/// Keeps the checkpoint that a mirror has stored with its rows.
final class MirrorStore: CheckpointStore {
  private let stored: Mutex<Checkpoint?>

  init(_ checkpoint: Checkpoint?) {
    stored = Mutex(checkpoint)
  }

  func load() async throws -> Checkpoint? { stored.withLock { $0 } }

  /// Only the first: all others come with the rows.
  func save(_ checkpoint: Checkpoint) async throws {
    stored.withLock { $0 = $0 ?? checkpoint }
  }
}

extension RowView {
  /// All values as the server prints them.
  fileprivate var texts: [String?] {
    get throws { try texts(unchangedAs: "(not sent)").map { $0 ?? nil } }
  }

  /// - Parameter missing: What stands for a value that was not sent.
  fileprivate func texts(unchangedAs missing: String??) throws -> [String??] {
    try (0..<columnCount).map { index in
      switch try columnValue(index, as: String.self) {
      case .value(let text): .some(.some(text))
      case .null: .some(.none)
      case .unchanged, .notSent: missing
      }
    }
  }

  fileprivate func key(_ columns: [String]) throws -> [String?] {
    try columns.map { name in
      guard let index = relation.columns.firstIndex(where: { $0.name == name }) else { return nil }
      if case .value(let text) = try columnValue(index, as: String.self) { return text }
      return nil
    }
  }
}

extension IncrementalMirror {
  /// What is not as on the server, the first few of it.
  func differences(from sql: WireConnection, _ columns: [String: String]) async throws -> [String] {
    var found: [String] = []
    for (name, key) in keys.sorted(by: { $0.key < $1.key }) {
      let list = columns[name] ?? "*"
      let rows = try await sql.rows("SELECT \(list) FROM \(name)")
      let mirror = tables[name, default: Table()]
      if key.isEmpty {
        let counts = Dictionary(rows.map { ($0, 1) }, uniquingKeysWith: +)
        if counts != mirror.bag {
          found.append("\(name): \(mirror.bag.values.reduce(0, +)) rows, not \(rows.count)")
        }
        continue
      }
      let names = list.split(separator: ",").map { $0.trimmingPrefix(" ") }
      let places = key.compactMap { column in names.firstIndex { $0 == column } }
      let expected = Dictionary(
        rows.map { row in (places.map { row[$0] }, row) }, uniquingKeysWith: { $1 })
      let all = Set(expected.keys).union(mirror.rows.keys)
      let wrong = all.filter { expected[$0] != mirror.rows[$0] }
      for key in wrong.prefix(5) {
        let ours = mirror.rows[key].map { "\($0.map { $0?.prefix(20) })" } ?? "none"
        let theirs = expected[key].map { "\($0.map { $0?.prefix(20) })" } ?? "none"
        found.append("\(name) \(key): \(ours), not \(theirs)")
      }
      if wrong.count > 5 { found.append("\(name): \(wrong.count) rows in all") }
    }
    return found
  }
}
