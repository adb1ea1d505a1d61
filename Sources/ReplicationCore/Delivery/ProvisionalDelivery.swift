internal import PGOutput
internal import PGWire

/// Decides what the consumer gets of transactions that are delivered before they end.
///
/// Pure, like the machine for whole transactions, which it asks whether a transaction that has
/// ended is new.
enum ProvisionalDelivery {
  /// What to do for a step.
  enum Delivery: Sendable {
    /// Changes staged for transactions that have not ended are void.
    case discard
    case change(ProvisionalChange)
    /// A transaction is void, or only the changes of a subtransaction.
    case aborted(xid: UInt32, subxid: UInt32?)
    /// A transaction whose changes are staged had been delivered before: they don't count again.
    case known(xid: UInt32, DeliveryMachine.Delivery)
    /// A transaction whose changes are staged has ended.
    case staged(DeliveryMachine.Opening, ProvisionalStage, end: LSN)
    /// A delivery for transactions that arrive whole.
    case whole(DeliveryMachine.Delivery)
  }

  /// Takes a step of the assembler.
  static func take(
    _ step: ProvisionalStep.Assembled, _ transactions: inout DeliveryMachine
  ) -> Delivery {
    switch step {
    case .discard: return .discard
    case .change(let change): return .change(change)
    case .aborted(let abort):
      return .aborted(xid: abort.xid, subxid: abort.isWhole ? nil : abort.subxid)
    case .staged(let info, let end, let stage):
      switch transactions.open(info, end: end, hasChanges: false) {
      case .open(let opening): return .staged(opening, stage, end: end)
      case let delivery: return .known(xid: info.xid, delivery)
      }
    case .whole(let step): return .whole(transactions.take(step))
    }
  }
}
