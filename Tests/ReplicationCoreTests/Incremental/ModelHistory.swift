import PGWire

@testable import ReplicationCore

/// A row of the model's one table.
struct ModelRow: Hashable, Sendable {
  var value: Int
  /// A large value, which an update leaves out if it doesn't change it.
  var large: Int
}

/// What a transaction of the model does.
enum ModelOperation: Hashable, Sendable {
  case insert(Int, ModelRow)
  case update(Int, value: Int)
  /// A change of the key, without or with the large value.
  case move(Int, to: Int, value: Int, large: Int?)
  case delete(Int)
  case truncate

  /// `nil` for all.
  var keys: [Int]? {
    switch self {
    case .insert(let key, _), .update(let key, _), .delete(let key): [key]
    case .move(let old, let new, _, _): [old, new]
    case .truncate: nil
    }
  }

  var change: KeyChange? {
    switch self {
    case .insert(let key, _): .insert(Key(key))
    case .update(let key, _): .update(old: nil, new: Key(key), isPartial: true)
    case .move(let old, let new, _, let large):
      .update(old: Key(old), new: Key(new), isPartial: large == nil)
    case .delete(let key): .delete(Key(key))
    case .truncate: nil
    }
  }

  /// What it does to the source, where it always makes sense.
  func apply(to rows: inout [Int: ModelRow]) {
    switch self {
    case .insert(let key, let row): rows[key] = row
    case .update(let key, let value): rows[key]?.value = value
    case .move(let old, let new, let value, let large):
      if let row = rows.removeValue(forKey: old) {
        rows[new] = ModelRow(value: value, large: large ?? row.large)
      }
    case .delete(let key): rows[key] = nil
    case .truncate: rows = [:]
    }
  }
}

extension Key {
  init(_ number: Int) {
    self.init([.integer(Int64(number))])
  }

  var number: Int {
    if case .integer(let number)? = values.first { Int(number) } else { -1 }
  }
}

/// A history of the source: transactions in the order of their commits.
///
/// All of them run from the start, which makes the most of what snapshots can miss.
struct ModelHistory: Sendable {
  struct Transaction: Sendable {
    let xid: UInt32
    let operations: [ModelOperation]

    func conflicts(with other: Transaction) -> Bool {
      operations.contains { left in
        other.operations.contains { right in
          guard let left = left.keys, let right = right.keys else { return true }
          return left.contains { right.contains($0) }
        }
      }
    }

    var isTruncate: Bool { operations.contains(.truncate) }
  }

  let name: String
  let initial: [Int: ModelRow]
  let transactions: [Transaction]
  /// Where the table is cut.
  var cuts = [1]
  var keys = 2

  init(
    _ name: String, _ initial: [Int: ModelRow], xids: [UInt32] = [12, 10, 11],
    _ transactions: [ModelOperation]...
  ) {
    self.init(name, initial, xids: xids, list: transactions)
  }

  init(_ name: String, _ initial: [Int: ModelRow], xids: [UInt32], list: [[ModelOperation]]) {
    self.name = name
    self.initial = initial
    self.transactions = zip(xids, list).map { Transaction(xid: $0, operations: $1) }
  }

  /// The rows after those transactions, in the order of commits.
  func rows(after isIncluded: (Int) -> Bool) -> [Int: ModelRow] {
    var rows = initial
    for (index, transaction) in transactions.enumerated() where isIncluded(index) {
      for operation in transaction.operations { operation.apply(to: &rows) }
    }
    return rows
  }

  /// The start of a commit record, and its end.
  static func commitLSN(_ index: Int) -> LSN { LSN(rawValue: UInt64(100 * (index + 1))) }
  static func endLSN(_ index: Int) -> LSN { LSN(rawValue: UInt64(100 * (index + 1) + 50)) }

  /// What snapshots are like while these transactions are visible: their ids have an epoch.
  func snapshot(visible: UInt32) -> TransactionSnapshot {
    let running = transactions.enumerated().filter { visible & 1 << UInt32($0.offset) == 0 }
      .map { Self.epoch | UInt64($0.element.xid) }.sorted()
    let end = Self.epoch | 1000
    let list = running.map(String.init).joined(separator: ",")
    guard let snapshot = try? TransactionSnapshot("\(running.first ?? end):\(end):\(list)") else {
      preconditionFailure("the model's snapshot can't be read")
    }
    return snapshot
  }

  static let epoch: UInt64 = 3 << 32
}

/// Histories that together need every rule.
extension ModelHistory {
  static let updates = ModelHistory(
    "updates and a delete", [0: ModelRow(value: 1, large: 7)],
    [.update(0, value: 2)], [.update(0, value: 3), .insert(1, ModelRow(value: 4, large: 8))],
    [.delete(0)])
  static let moves = ModelHistory(
    "changes of a key", [0: ModelRow(value: 1, large: 7)],
    [.move(0, to: 1, value: 2, large: nil)], [.update(1, value: 3)],
    [.move(1, to: 0, value: 4, large: 9)])
  static let truncation = ModelHistory(
    "a truncate", [0: ModelRow(value: 1, large: 7), 1: ModelRow(value: 2, large: 8)],
    [.update(0, value: 3)], [.truncate], [.insert(1, ModelRow(value: 5, large: 9))])
  static let independent = ModelHistory(
    "transactions that don't wait for each other", [0: ModelRow(value: 1, large: 7)],
    [.update(0, value: 2)], [.insert(1, ModelRow(value: 3, large: 8))])
  static let moveAndBack = ModelHistory(
    "a key that moves and moves back", [1: ModelRow(value: 1, large: 7)],
    [.move(1, to: 0, value: 2, large: nil)], [.move(0, to: 1, value: 3, large: nil)])
}
