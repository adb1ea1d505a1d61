internal import PGOutput

/// One transaction in progress, as one stream sends it; the next stream's is another one.
final class TransactionInProgress: Sendable {
  let xid: UInt32

  init(_ xid: UInt32) {
    self.xid = xid
  }
}

/// The state of a transaction in progress; its changes have been passed on.
struct ProvisionalStage: Sendable {
  let transaction: TransactionInProgress
  /// Where it was made, if the first block says.
  var origin: ReplicationOrigin?
  /// The subtransactions that were rolled back.
  private(set) var undone: Set<UInt32> = []
  /// Transactions and subtransactions that have changes and were not rolled back, some of them.
  private var changed: Set<UInt32> = []

  /// The maximum number of them.
  private static let mostChanged = 64

  init(transaction: TransactionInProgress) {
    self.transaction = transaction
  }

  /// Whether a change counts if the transaction does.
  func counts(_ change: ProvisionalChange) -> Bool {
    change.transaction === transaction && !undone.contains(change.subxid)
  }

  /// Whether it certainly has a change that counts if the transaction does.
  var hasChanges: Bool { !changed.isEmpty }

  mutating func note(_ change: TransactionChange, subxid: UInt32) {
    if case .relation = change { return }
    guard changed.count < Self.mostChanged else { return }
    changed.insert(subxid)
  }

  mutating func rollBack(_ subxid: UInt32) {
    undone.insert(subxid)
    changed.remove(subxid)
  }
}

/// The transactions in progress of one stream.
///
/// Nothing of their changes is kept. The decoder has checked that blocks, aborts and ends belong to
/// transactions that have begun.
struct ProvisionalTransactions: Sendable {
  private var open: [UInt32: ProvisionalStage] = [:]

  /// How many there are.
  var count: Int { open.count }

  mutating func begin(_ start: StreamStart) {
    if start.isFirst {
      open[start.xid] = ProvisionalStage(transaction: TransactionInProgress(start.xid))
    }
  }

  mutating func note(_ origin: ReplicationOrigin, of xid: UInt32) {
    open[xid]?.origin = origin
  }

  mutating func abort(_ abort: StreamAbort) {
    if abort.isWhole {
      open[abort.xid] = nil
    } else {
      open[abort.xid]?.rollBack(abort.subxid)
    }
  }

  /// A change of the transaction whose block is open.
  mutating func change(_ change: TransactionChange, xid: UInt32, subxid: UInt32?)
    -> ProvisionalChange?
  {
    open[xid]?.note(change, subxid: subxid ?? xid)
    return open[xid].map { stage in
      ProvisionalChange(subxid: subxid ?? xid, change: change, transaction: stage.transaction)
    }
  }

  /// A transaction has ended.
  mutating func end(_ xid: UInt32) -> ProvisionalStage? {
    open.removeValue(forKey: xid)
  }
}
