import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Stages the rows of transactions in progress by transaction and subtransaction, and takes them
/// over or drops them as the steps say.
struct StagingReceiver<Item> {
  /// What is kept of a message; nothing if it changes no rows.
  typealias Make = (PgOutputMessage, LSN) throws -> Item?

  private struct Staged {
    let number: Int
    let item: Item
    let change: ProvisionalChange
  }

  private struct Key: Hashable {
    let xid: UInt32
    let subxid: UInt32
  }

  /// The changes that count, in commit order.
  private(set) var changes: [Item] = []
  /// The ends of all transactions, in order.
  private(set) var ends: [LSN] = []
  private(set) var counts = BlockCounts()
  private(set) var discards = 0
  private(set) var brokenOff = 0
  private var stage: [Key: [Staged]] = [:]
  private var prepared: [String: [Item]] = [:]
  private var number = 0
  private let make: Make

  init(make: @escaping Make) {
    self.make = make
  }

  /// How much is staged or prepared.
  var openCount: Int { stage.count + prepared.count }

  /// Takes everything there is, and acknowledges what counts.
  ///
  /// - Parameter onStep: Called after each step.
  mutating func run(
    _ subscription: Subscription, _ onStep: (ProvisionalStep) async throws -> Void = { _ in }
  ) async throws {
    for try await step in subscription.provisional {
      do {
        try await take(step)
      } catch ReplicationError.interrupted {
        brokenOff += 1
      }
      try await onStep(step)
    }
  }

  private mutating func take(_ step: ProvisionalStep) async throws {
    switch step {
    case .discard(let request):
      discards += 1
      stage = [:]
      request.done()
    case .provisional(let change): try add(change)
    case .aborted(let xid):
      counts.undone += 1
      for key in stage.keys where key.xid == xid { stage[key] = nil }
    case .subtransactionAborted(let xid, let subxid):
      counts.partsUndone += 1
      stage[Key(xid: xid, subxid: subxid)] = nil
    case .committed(let staged):
      counts.streamed += 1
      changes += takeOver(staged)
      ends.append(staged.endLSN)
      staged.acknowledge()
    case .prepared(let staged, let gid):
      prepared[gid] = takeOver(staged)
      ends.append(staged.endLSN)
      staged.acknowledge()
    case .transaction(let transaction): try await take(transaction)
    }
  }

  private mutating func add(_ change: ProvisionalChange) throws {
    let item: Item? =
      switch change.content {
      case .insert(let row), .update(let row), .delete(let row):
        try row.withMessage { try make($0, row.lsn) }
      case .truncate(let truncate, let lsn): try make(.truncate(truncate), lsn)
      case .message, .relation: nil
      @unknown default: nil
      }
    guard let item else { return }
    number += 1
    let key = Key(xid: change.xid, subxid: change.subxid)
    stage[key, default: []].append(Staged(number: number, item: item, change: change.copy()))
  }

  /// What is staged of a transaction, in order.
  private mutating func takeOver(_ transaction: StagedTransaction) -> [Item] {
    let keys = stage.keys.filter { $0.xid == transaction.xid }
    let rows = keys.flatMap { stage.removeValue(forKey: $0) ?? [] }
    // What the keys say and what the library says is the same.
    #expect(rows.allSatisfy { transaction.change($0.change) != nil })
    #expect(stage.values.joined().allSatisfy { transaction.change($0.change) == nil })
    return rows.sorted { $0.number < $1.number }.map(\.item)
  }

  private mutating func take(_ transaction: ReplicationTransaction) async throws {
    var taken: [Item] = []
    for try await change in transaction.changes {
      switch change {
      case .insert(let row), .update(let row), .delete(let row):
        taken += [try row.withMessage { try make($0, row.lsn) }].compactMap(\.self)
      case .truncate(let truncate, let lsn):
        taken += [try make(.truncate(truncate), lsn)].compactMap(\.self)
      default: break
      }
    }
    switch transaction.kind {
    case .committed:
      counts.plain += taken.isEmpty ? 0 : 1
      changes += taken
    case .prepared(let gid): prepared[gid] = taken
    case .commitPrepared(let gid):
      counts.prepared += 1
      changes += prepared.removeValue(forKey: gid) ?? []
    case .rollbackPrepared(let gid):
      counts.undone += 1
      prepared[gid] = nil
    case .message: break
    @unknown default: break
    }
    ends += [transaction.endLSN].compactMap(\.self)
    transaction.acknowledge()
  }
}
