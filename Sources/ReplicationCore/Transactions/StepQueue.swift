internal import PGOutput
internal import PGWire

/// Makes steps of decoded messages, and holds them until they are taken.
struct StepQueue {
  typealias Step = TransactionAssembler.Step

  private let mode: TransactionSource.Mode
  private(set) var provisional = ProvisionalTransactions()
  /// The shapes that the consumer has been told of.
  private(set) var tracker: RelationTracker
  var readers: RowReaders
  /// A transaction that has begun, until it is clear whether its origin is told.
  private var beginning: TransactionInfo?
  private var steps: [Step] = []

  init(_ mode: TransactionSource.Mode, _ tracker: RelationTracker, _ readers: RowReaders) {
    self.mode = mode
    self.tracker = tracker
    self.readers = readers
    if mode == .provisional { steps.append(.discard) }
  }

  var first: Step? { steps.first }

  mutating func popFirst() -> Step? {
    steps.isEmpty ? nil : steps.removeFirst()
  }

  mutating func append(_ step: Step) {
    steps.append(step)
  }

  /// Takes in a message.
  ///
  /// - Parameters:
  ///   - block: The transaction whose block it has come in.
  ///   - subxid: The transaction or subtransaction that it names in a block.
  mutating func take(
    _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN, block: UInt32?, subxid: UInt32?
  ) {
    switch message {
    case .ignored, .type: return
    case .origin(let origin):
      if beginning != nil { beginning?.origin = origin }
      if let block { provisional.note(origin, of: block) }
      return
    default: flushBeginning()
    }
    switch message.boundary {
    case .opens(let info): beginning = info
    case .ends(let end, _): steps.append(.end(end))
    case .opensBlock(let start): provisional.begin(start)
    case .closesBlock: break
    case .aborts(let abort):
      provisional.abort(abort)
      steps.append(.aborted(abort))
    case .endsStreamed(var info, let end):
      guard let stage = provisional.end(info.xid) else { return }
      info.origin = stage.origin
      steps.append(.staged(info, end: end, stage))
    case .point(let info, let end) where block == nil:
      steps.append(.point(info, end: end, change(message, payload, at: lsn, subxid: nil)))
    case .none, .point:
      guard let change = change(message, payload, at: lsn, subxid: subxid) else { return }
      guard mode == .provisional, let block else { return steps.append(.change(change)) }
      let provisional = provisional.change(change, xid: block, subxid: subxid)
      if let provisional { steps.append(.provisional(provisional)) }
    }
  }

  /// The change that a message stands for, if it is one.
  private mutating func change(
    _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN, subxid: UInt32?
  ) -> Change? {
    switch message {
    case .insert(let relation, _):
      .insert(RowChange(relation, payload, at: lsn, subxid: subxid, readers))
    case .update(let relation, _, _):
      .update(RowChange(relation, payload, at: lsn, subxid: subxid, readers))
    case .delete(let relation, _):
      .delete(RowChange(relation, payload, at: lsn, subxid: subxid, readers))
    case .message(let message): .message(message)
    case .truncate(let truncate): .truncate(truncate, at: lsn)
    case .relation(let relation): tracker.note(relation).map { .relation($0) }
    default: nil
    }
  }

  private mutating func flushBeginning() {
    guard let info = beginning.take() else { return }
    steps.append(.begin(info))
  }
}
