internal import PGOutput
internal import PGWire

/// Makes steps of decoded messages, and holds them until they are taken.
struct StepQueue {
  typealias Step = TransactionAssembler.Step

  private let mode: TransactionSource.Mode
  private(set) var provisional = ProvisionalTransactions()
  /// The shapes that were announced to the consumer.
  private(set) var tracker: RelationTracker
  var readers: RowReaders
  /// A transaction that has begun, until it is clear whether its origin is told.
  private var beginning: TransactionInfo?
  private var steps: [Step] = []
  /// Where the columns of those rows lie that consumers have.
  private var places = PlaceStore()

  init(_ mode: TransactionSource.Mode, _ tracker: RelationTracker, _ readers: RowReaders) {
    self.mode = mode
    self.tracker = tracker
    self.readers = readers
    if mode == .provisional { steps.append(.discard) }
  }

  var first: Step? { steps.first }

  mutating func popFirst() -> Step? {
    steps.isEmpty ? nil : steps.remove(at: 0)
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
    case .opens: beginning = TransactionInfo(message)
    case .ends(let end, _): steps.append(.end(end))
    case .opensBlock(let start): provisional.begin(start)
    case .closesBlock: break
    case .aborts(let abort):
      provisional.abort(abort)
      steps.append(.aborted(abort))
    case .endsStreamed(_, let end):
      guard var info = TransactionInfo(message), let stage = provisional.end(info.xid) else {
        return
      }
      info.origin = stage.origin
      steps.append(.staged(info, end: end, stage))
    case .point(_, let end) where block == nil:
      guard let info = TransactionInfo(message) else { return }
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
      row(of: relation, message, payload, at: lsn, subxid: subxid).map { .insert($0) }
    case .update(let relation, _, _):
      row(of: relation, message, payload, at: lsn, subxid: subxid).map { .update($0) }
    case .delete(let relation, _):
      row(of: relation, message, payload, at: lsn, subxid: subxid).map { .delete($0) }
    case .message(let message): .message(message)
    case .truncate(let truncate): .truncate(truncate, at: lsn)
    case .relation(let relation): tracker.note(relation).map { .relation($0) }
    default: nil
    }
  }

  private mutating func row(
    of relation: Relation, _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN,
    subxid: UInt32?
  ) -> RowChange? {
    KeptTuples(message, in: &places).map { tuples in
      RowChange(relation, tuples, in: payload, at: lsn, subxid: subxid, readers)
    }
  }

  private mutating func flushBeginning() {
    guard let info = beginning.take() else { return }
    steps.append(.begin(info))
  }
}
