internal import PGOutput
internal import PGWire

/// Makes steps of the decoded messages of transactions, and holds them until they are taken.
struct StepQueue: Sendable {
  /// The shapes that were announced to the consumer.
  private(set) var tracker: RelationTracker
  var readers: RowReaders
  /// A transaction that has begun, until it is clear whether its origin is told.
  private var beginning: TransactionInfo?
  private var steps = FirstInFirstOut<TransactionStep>()
  /// How many of the steps describe a table.
  private var descriptions = 0
  /// Where the columns of those rows lie that consumers have.
  private var places = PlaceStore()

  init(_ tracker: RelationTracker, _ readers: RowReaders) {
    self.tracker = tracker
    self.readers = readers
  }

  var isEmpty: Bool { steps.first == nil }

  /// The table that the next step describes, if it does.
  @inline(__always)
  var upcomingRelation: Relation? { descriptions == 0 ? nil : steps.first?.relation }

  @inline(__always)
  mutating func popFirst() -> TransactionStep? {
    let step = steps.popFirst()
    if descriptions > 0, step?.relation != nil { descriptions -= 1 }
    return step
  }

  mutating func append(_ step: TransactionStep) {
    steps.append(step)
  }

  /// Takes in a message.
  ///
  /// - Parameters:
  ///   - isInBlock: Whether it has come in a block of changes.
  ///   - subxid: The transaction or subtransaction that it names there.
  mutating func take(
    _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN, isInBlock: Bool, subxid: UInt32?
  ) {
    switch message {
    case .ignored, .type: return
    case .origin(let origin):
      if beginning != nil { beginning?.origin = origin }
      return
    default: flushBeginning()
    }
    switch message.boundary {
    case .opens: beginning = TransactionInfo(message)
    case .ends(let end, _): steps.append(.end(end))
    case .point(_, let end) where !isInBlock:
      guard let info = TransactionInfo(message) else { return }
      steps.append(.point(info, end: end, change(message, payload, at: lsn, subxid: nil)))
    case .none, .point:
      if let change = change(message, payload, at: lsn, subxid: subxid) {
        if case .relation = change { descriptions += 1 }
        steps.append(.change(change))
      }
    case .opensBlock, .closesBlock, .aborts, .endsStreamed: break
    }
  }

  /// The change that a message stands for, if it is one.
  mutating func change(
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
