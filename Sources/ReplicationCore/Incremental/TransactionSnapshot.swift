/// What `pg_current_snapshot()` returns: which transactions a query can see.
///
/// A transaction is visible if it is below `xmin`, or if it is below `xmax` and was not running.
/// The list holds ids of whole transactions, no subtransactions, and so do the messages of the
/// stream. A transaction that was rolled back counts as visible here, but the stream never has it.
///
/// Two things are not obvious. A commit can be in the stream before snapshots see it: the server
/// sends it as soon as it is in the log, and ends the transaction later, with a synchronous standby
/// much later. So no comparison of positions in the log answers the question; this does. And on a
/// standby the function lists no running transactions at all, so that the answer would be wrong.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/functions-info.html>
struct TransactionSnapshot: Hashable, Sendable {
  /// The oldest transaction that was running; all older ones had ended.
  let xmin: FullTransactionID
  /// No transaction from here on had begun.
  let xmax: FullTransactionID
  /// Those in between that were running, in ascending order.
  let running: [FullTransactionID]

  /// The greatest number of running transactions that is taken for possible.
  ///
  /// `max_connections` and `max_prepared_transactions` go up to 2^18 - 1 each; servers run with a
  /// few thousand. This is 512 KiB of ids.
  static let maxRunning = 65_536

  /// Whether a query with this snapshot saw what the transaction wrote.
  ///
  /// - Complexity: O(log n), where n is the number of running transactions.
  func sees(_ id: FullTransactionID) -> Bool {
    if id < xmin { return true }
    if id >= xmax { return false }
    var (low, high) = (0, running.count)
    while low < high {
      let middle = (low + high) / 2
      if running[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low == running.count || running[low] != id
  }
}

extension TransactionSnapshot {
  /// Why a text is not a snapshot.
  enum Fault: Error, Hashable, Sendable {
    /// It does not have the form `xmin:xmax:id,id,…`.
    case malformed
    /// A number has no place in 64 bits.
    case overflow
    /// `xmin` is one of the special ids, or is above `xmax`.
    case bounds
    /// An id of the list is below `xmin`, or is not below `xmax`.
    case outside
    /// The list is not in ascending order, or has an id twice.
    case order
    /// The list is longer than ``maxRunning``.
    case tooMany
  }

  /// Reads what the server prints, and nothing else.
  ///
  ///     xmin : xmax : [ id , id … ]
  init(_ text: String) throws(Fault) {
    let bytes = Array(text.utf8)
    var at = 0
    let xmin = try Self.number(bytes, &at)
    try Self.colon(bytes, &at)
    let xmax = try Self.number(bytes, &at)
    try Self.colon(bytes, &at)
    guard xmin.rawValue >= UInt64(FullTransactionID.firstNormal), xmin <= xmax else {
      throw .bounds
    }
    var running: [FullTransactionID] = []
    while at < bytes.count {
      if !running.isEmpty {
        guard bytes[at] == UInt8(ascii: ",") else { throw .malformed }
        at += 1
      }
      let id = try Self.number(bytes, &at)
      guard id >= xmin, id < xmax else { throw .outside }
      if let last = running.last, last >= id { throw .order }
      guard running.count < Self.maxRunning else { throw .tooMany }
      running.append(id)
    }
    (self.xmin, self.xmax, self.running) = (xmin, xmax, running)
  }

  private static func colon(_ bytes: [UInt8], _ at: inout Int) throws(Fault) {
    guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw .malformed }
    at += 1
  }

  /// All digits from there on, without a sign or a needless zero.
  private static func number(_ bytes: [UInt8], _ at: inout Int) throws(Fault) -> FullTransactionID {
    let start = at
    var value: UInt64 = 0
    while at < bytes.count, case let digit = bytes[at] &- UInt8(ascii: "0"), digit < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry else { throw .overflow }
      value = sum
      at += 1
    }
    guard at > start, bytes[start] != UInt8(ascii: "0") || at == start + 1 else {
      throw .malformed
    }
    return FullTransactionID(rawValue: value)
  }

  /// The text that the server prints, for checkpoints.
  var text: String {
    let list = running.map { String($0.rawValue) }.joined(separator: ",")
    return "\(xmin.rawValue):\(xmax.rawValue):\(list)"
  }
}
