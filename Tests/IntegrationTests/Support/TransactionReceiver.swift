import PGOutput
import PGWire
import ReplicationCore

/// Takes committed transactions from a subscription, and keeps those that are prepared until it is
/// clear what becomes of them.
struct TransactionReceiver {
  /// A transaction that counts.
  struct Committed {
    let xid: UInt32
    let commitLSN: LSN
    let endLSN: LSN
    let changes: [ReceivedChange]
    let isStreamed: Bool
  }

  private(set) var committed: [Committed] = []
  private(set) var messages: [String] = []
  private(set) var shapes: [RelationChange] = []
  private(set) var redelivered = 0
  private(set) var brokenOff = 0
  private var prepared: [String: [ReceivedChange]] = [:]

  /// The changes that count, in commit order.
  var changes: [ReceivedChange] { committed.flatMap(\.changes) }
  /// How many are prepared, and nothing more yet.
  var openCount: Int { prepared.count }

  /// Takes everything there is, and acknowledges each transaction.
  ///
  /// - Parameter onTransaction: Called before each is acknowledged; false ends it there.
  mutating func run(
    _ subscription: Subscription,
    _ onTransaction: (ReplicationTransaction) async throws -> Bool = { _ in true }
  ) async throws {
    for try await transaction in subscription.transactions {
      if transaction.isRedelivered { redelivered += 1 }
      do {
        try await take(transaction)
      } catch ReplicationError.interrupted {
        brokenOff += 1
        continue
      }
      let goesOn = try await onTransaction(transaction)
      transaction.acknowledge()
      if !goesOn { return }
    }
  }

  mutating func take(_ transaction: ReplicationTransaction) async throws {
    var changes: [ReceivedChange] = []
    var shapes: [RelationChange] = []
    for try await change in transaction.changes {
      switch change {
      case .insert(let row), .update(let row), .delete(let row):
        if let change = try row.withMessage({ ReceivedChange($0) }) { changes.append(change) }
      case .truncate(let truncate, _):
        if let change = ReceivedChange(.truncate(truncate)) { changes.append(change) }
      case .relation(let change): shapes.append(change)
      case .message(let message): messages.append(String(decoding: message.content, as: UTF8.self))
      }
    }
    guard let end = transaction.endLSN else { throw NoValue(sql: "the transaction's end") }
    self.shapes += shapes
    switch transaction.kind {
    case .prepared(let gid): prepared[gid] = changes
    case .rollbackPrepared(let gid): prepared[gid] = nil
    case .commitPrepared(let gid):
      committed.append(
        Committed(
          xid: transaction.xid, commitLSN: transaction.commitLSN, endLSN: end,
          changes: prepared.removeValue(forKey: gid) ?? [], isStreamed: false))
    case .committed:
      committed.append(
        Committed(
          xid: transaction.xid, commitLSN: transaction.commitLSN, endLSN: end, changes: changes,
          isStreamed: transaction.isStreamed))
    case .message: break
    }
  }
}
