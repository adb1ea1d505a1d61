/// What a transaction has done to one table.
///
/// Each inserted and each updated row gets a number of its own, so that it is seen of every change
/// whether it has come, and whether it has come twice.
struct ChangeCounts: Hashable, Sendable {
  var inserts = 0
  var updates = 0
  var deletes = 0
  var truncates = 0
  /// The numbers of the rows that were inserted or updated.
  var numbers: [Int64] = []

  /// The numbers as ranges, in their order.
  private var ranges: String {
    var parts: [String] = []
    var open: (first: Int64, last: Int64)?
    for number in numbers.sorted() {
      if let range = open, number == range.last + 1 {
        open = (range.first, number)
      } else {
        if let range = open { parts.append("\(range.first)-\(range.last)") }
        open = (number, number)
      }
    }
    if let range = open { parts.append("\(range.first)-\(range.last)") }
    return parts.joined(separator: ",")
  }

  /// As it is written into the ledger, without the table's name.
  ///
  /// A number that came twice makes another text than one that came once.
  var text: String { "\(inserts)|\(updates)|\(deletes)|\(truncates)|\(ranges)" }
}

/// What a transaction has done to all tables.
struct TransactionCounts: Hashable, Sendable {
  /// By the tables' names, with their schemas.
  var tables: [String: ChangeCounts] = [:]

  /// As the ledger has it: the text of each table.
  var text: String {
    tables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: ";")
  }

  /// The tables' texts, by their names.
  static func texts(_ ledger: String) -> [String: String] {
    var texts: [String: String] = [:]
    for part in ledger.split(separator: ";") {
      let words = part.split(separator: "=", maxSplits: 1)
      if words.count == 2 { texts[String(words[0])] = String(words[1]) }
    }
    return texts
  }
}
