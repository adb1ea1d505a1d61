internal import PGOutput
internal import PGWire

/// Turns the decoded messages of transactions into steps, and holds them until they are taken.
struct StepQueue: Sendable {
  /// The shapes that were announced to the consumer.
  private(set) var tracker: RelationTracker
  var readers: RowReaders
  /// Whether descriptions that bring nothing new become steps as well.
  private let keepsRepeats: Bool
  /// A transaction that has begun, until it is clear whether its origin is sent.
  private var beginning: TransactionInfo?
  private var steps = FirstInFirstOut<TransactionStep>()
  /// How many of the steps describe a table.
  private var descriptions = 0
  private var rows = RowStore()
  /// Rows that were taken in one call; they come after the steps.
  private var run = RowRun()

  init(_ tracker: RelationTracker, _ readers: RowReaders, keepsRepeats: Bool = false) {
    self.tracker = tracker
    self.readers = readers
    self.keepsRepeats = keepsRepeats
  }

  var isEmpty: Bool { steps.first == nil }

  /// The table that the next step describes, if it does.
  @inline(__always)
  var upcomingRelation: Relation? { descriptions == 0 ? nil : steps.first?.relation }

  @inline(__always)
  mutating func popFirst() -> TransactionStep? {
    guard let step = steps.popFirst() else { return nextRow().map { .change($0) } }
    if descriptions > 0, step.relation != nil { descriptions -= 1 }
    return step
  }

  /// The next of the rows that were taken in one call, if nothing else comes before.
  @inline(__always)
  mutating func nextRow() -> TransactionChange? { run.popFirst()?.change }

  /// Passes the rows that were taken in one call, if nothing else comes before.
  @inline(__always)
  mutating func popEachRow(_ body: (TransactionChange) throws -> Void) throws {
    try run.popEach { try body($0.change) }
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
  ) -> TransactionChange? {
    switch message {
    case .insert, .update, .delete:
      rows.keep(message, payload, at: lsn, subxid: subxid, readers)?.change
    case .message(let message): .message(message)
    case .truncate(let truncate): .truncate(truncate, at: lsn)
    case .relation(let relation): described(relation)
    default: nil
    }
  }

  private mutating func described(_ relation: Relation) -> TransactionChange? {
    if let change = tracker.note(relation) { return .relation(change) }
    guard keepsRepeats else { return nil }
    return .relation(RelationChange(former: relation, relation: relation, isRepeated: true))
  }

  /// Takes many rows in one call, once everything before them has been taken.
  ///
  /// - Parameter decode: Adds them to the block.
  /// - Returns: Whether there was any.
  @inline(__always)
  mutating func takeRows(in segment: Segment, _ decode: (RowBlock) -> Void) -> Bool {
    let block = rows.prepare(segment, readers, columns: 1)
    let start = block.count
    decode(block)
    guard block.count > start else { return false }
    flushBeginning()
    run = RowRun(block, from: start)
    return true
  }

  private mutating func flushBeginning() {
    guard let info = beginning.take() else { return }
    steps.append(.begin(info))
  }
}
