import PGWire

/// Compares what has come of each transaction with what it has written into the ledger.
struct TransactionCheck {
  private(set) var problems = Problems()
  /// Transactions of which every change was counted.
  private(set) var complete = 0
  /// Transactions of which some changes belong to tables that were being read.
  private(set) var partial = 0

  /// From where on all changes of a table come; `nil` while they don't.
  private var whole: [String: LSN] = [:]
  /// The transaction whose changes come.
  private var position: LSN?
  private var counts = TransactionCounts()
  private var ledger: [String] = []
  /// Changes that say who has made them.
  private var marked = 0

  private static let ledgerName = "public.ledger"

  /// - Parameter tables: Those of which all changes come from the beginning: none is read.
  init(whole tables: [String]) {
    for table in tables { whole[table] = .zero }
  }

  /// A table begins to be read, or to be read again.
  mutating func isRead(_ table: String) {
    finish()
    whole[table] = nil
  }

  /// A table was read to its end.
  mutating func isWhole(_ table: String, from position: LSN) {
    finish()
    whole[table] = position
  }

  /// A change has come.
  ///
  /// - Parameters:
  ///   - row: The new row of an insert or an update.
  ///   - position: Where its transaction commits.
  mutating func note(
    _ kind: Statement.Kind, of table: String, _ row: [String: JSONValue]?, at position: LSN
  ) {
    if position != self.position { finish() }
    self.position = position
    if table == Self.ledgerName {
      guard kind == .insert, let text = row?["changes"]?.text else {
        return problems.note("\(position): a change of the ledger that nobody makes")
      }
      return ledger.append(text)
    }
    var count = counts.tables[table] ?? ChangeCounts()
    switch kind {
    case .insert: count.inserts += 1
    case .update: count.updates += 1
    case .delete: count.deletes += 1
    case .truncate: count.truncates += 1
    }
    if let number = row?["seq"]?.integer {
      count.numbers.append(number)
      marked += 1
    }
    counts.tables[table] = count
  }

  /// All changes of the transaction have come.
  mutating func finish() {
    defer {
      position = nil
      counts = TransactionCounts()
      ledger = []
      marked = 0
    }
    guard let position else { return }
    guard isWhole(Self.ledgerName, at: position) else {
      partial += 1
      return
    }
    guard !ledger.isEmpty || marked > 0 else { return }
    guard ledger.count == 1, let text = ledger.first else {
      return problems.note(
        "\(position): \(ledger.count) rows of the ledger, and \(marked) changes with numbers")
    }
    compare(TransactionCounts.texts(text), at: position)
  }

  private mutating func compare(_ written: [String: String], at position: LSN) {
    var isComplete = true
    let found = counts.tables.mapValues(\.text)
    for table in Set(written.keys).union(found.keys) {
      guard isWhole(table, at: position) else {
        isComplete = false
        continue
      }
      guard written[table] != found[table] else { continue }
      problems.note(
        "\(position): of \(table) have come \(found[table] ?? "no changes"), and the transaction "
          + "has made \(written[table] ?? "none")")
    }
    if isComplete { complete += 1 } else { partial += 1 }
  }

  private func isWhole(_ table: String, at position: LSN) -> Bool {
    whole[table].map { position >= $0 } ?? false
  }
}
