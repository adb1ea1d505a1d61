internal import PGOutput

/// One transaction in progress, as one stream sends it; the next stream's is another one.
final class TransactionInProgress: Sendable {
  let xid: UInt32

  init(_ xid: UInt32) {
    self.xid = xid
  }
}

/// What is known of a transaction in progress; its changes have been passed on.
struct ProvisionalStage: Sendable {
  let transaction: TransactionInProgress
  /// Where it was made, if the first block says.
  var origin: Origin?
  /// The subtransactions that were rolled back.
  var undone: Set<UInt32> = []

  /// Whether a change counts if the transaction does.
  func counts(_ change: ProvisionalChange) -> Bool {
    change.transaction === transaction && !undone.contains(change.subxid)
  }
}

/// The transactions in progress of one stream.
///
/// Nothing of their changes is kept. The decoder has seen to it that blocks, aborts and ends are
/// of transactions that have begun.
struct ProvisionalTransactions: Sendable {
  private var open: [UInt32: ProvisionalStage] = [:]

  /// How many there are.
  var count: Int { open.count }

  mutating func begin(_ start: StreamStart) {
    if start.isFirst {
      open[start.xid] = ProvisionalStage(transaction: TransactionInProgress(start.xid))
    }
  }

  mutating func note(_ origin: Origin, of xid: UInt32) {
    open[xid]?.origin = origin
  }

  mutating func abort(_ abort: StreamAbort) {
    if abort.isWhole {
      open[abort.xid] = nil
    } else {
      open[abort.xid]?.undone.insert(abort.subxid)
    }
  }

  /// A change of the transaction whose block is open.
  func change(_ change: Change, xid: UInt32, subxid: UInt32?) -> ProvisionalChange? {
    open[xid].map { stage in
      ProvisionalChange(subxid: subxid ?? xid, change: change, transaction: stage.transaction)
    }
  }

  /// A transaction has ended.
  mutating func end(_ xid: UInt32) -> ProvisionalStage? {
    open.removeValue(forKey: xid)
  }
}
