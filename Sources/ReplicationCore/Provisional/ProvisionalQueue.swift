internal import PGOutput
internal import PGWire

extension ProvisionalStep {
  /// The steps if blocks are passed on as they arrive, in order.
  enum Assembled: Sendable {
    /// Changes that earlier streams delivered of transactions in progress are void.
    case discard
    case change(ProvisionalChange)
    /// A transaction in progress, or a part of it, was rolled back.
    case aborted(StreamAbort)
    /// A transaction has ended whose changes have been passed on.
    case staged(TransactionInfo, end: LSN, ProvisionalStage)
    /// A step of a transaction that arrives whole.
    case whole(TransactionStep)
  }
}

extension ProvisionalStep.Assembled: AssembledStep {
  var place: StepPlace? {
    switch self {
    case .change: nil
    case .discard, .aborted: .other
    case .staged(let info, let end, _): .isWhole(commit: info.commitLSN, end: end, time: info.time)
    case .whole(let step): step.place
    }
  }

  var xid: UInt32? {
    switch self {
    case .change(let provisional): provisional.xid
    case .whole(let step): step.xid
    case .discard, .aborted, .staged: nil
    }
  }

  var relation: Relation? {
    switch self {
    case .change(let provisional):
      if case .relation(let change) = provisional.change { change.relation } else { nil }
    case .whole(let step): step.relation
    case .discard, .aborted, .staged: nil
    }
  }
}

/// Turns decoded messages into steps, and holds them until they are taken.
struct ProvisionalQueue: Sendable {
  /// The transactions in progress whose changes have been passed on.
  private(set) var open = ProvisionalTransactions()
  /// Makes the steps of transactions that arrive whole.
  var whole: StepQueue
  private var steps = FirstInFirstOut<ProvisionalStep.Assembled>()

  init(whole: StepQueue) {
    self.whole = whole
    steps.append(.discard)
  }

  var first: ProvisionalStep.Assembled? { steps.first }

  mutating func popFirst() -> ProvisionalStep.Assembled? { steps.popFirst() }

  mutating func append(_ step: ProvisionalStep.Assembled) {
    steps.append(step)
  }

  /// Takes in a message.
  ///
  /// - Parameters:
  ///   - block: The transaction whose block it is in.
  ///   - subxid: The transaction or subtransaction that it names in a block.
  mutating func take(
    _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN, block: UInt32?, subxid: UInt32?
  ) {
    switch message.boundary {
    case .opensBlock(let start): open.begin(start)
    case .closesBlock: break
    case .aborts(let abort):
      open.abort(abort)
      steps.append(.aborted(abort))
    case .endsStreamed(_, let end):
      guard var info = TransactionInfo(message), let stage = open.end(info.xid) else { return }
      info.origin = stage.origin
      info.isEmptied = !stage.hasChanges
      steps.append(.staged(info, end: end, stage))
    case .none, .point, .opens, .ends:
      guard let block else {
        whole.take(message, payload, at: lsn, isInBlock: false, subxid: nil)
        while let step = whole.popFirst() { steps.append(.whole(step)) }
        return
      }
      if case .origin(let origin) = message { return open.note(origin, of: block) }
      guard let change = whole.change(message, payload, at: lsn, subxid: subxid),
        let provisional = open.change(change, xid: block, subxid: subxid)
      else { return }
      steps.append(.change(provisional))
    }
  }
}
