internal import PGOutput
internal import PGWire

/// Decides which of the transactions that the streams deliver the consumer gets.
///
/// Pure: its inputs are the steps of the assembler, the breaks of streams and the requests of the
/// consumer; it returns what to deliver and what to acknowledge. Streams may break anywhere and
/// repeat what was delivered; a transaction that the consumer has a part of is then delivered again
/// from its beginning, and marked as redelivered.
///
/// It gives everything that it delivers an ID, which is never used twice. Chunks of incremental
/// snapshots get IDs from the same sequence, since all are acknowledged in one order.
struct DeliveryMachine: Sendable {
  typealias ID = AcknowledgementLedger.ID

  /// What to do for a step.
  enum Delivery: Sendable {
    /// The consumer gets nothing of it.
    case nothing
    /// The consumer gets a transaction.
    case open(Opening)
    /// All changes of the open transaction have been taken; its end was not known before.
    case end(ID, at: LSN)
    /// The end of a transaction that the consumer has passed over has arrived.
    case endPassedOver(ID, at: LSN)
    /// Everything below a position was delivered; the flag says whether the server has asked.
    case idle(upTo: LSN, isRequested: Bool)
  }

  /// A transaction that is delivered.
  struct Opening: Sendable {
    let id: ID
    let info: TransactionInfo
    /// `nil` if it is still arriving.
    let end: LSN?
    let mark: TransactionMark?
    /// Whether the consumer had a part of it.
    let isRedelivered: Bool
  }

  /// A transaction that broke off while the consumer was taking its changes.
  struct Interruption: Hashable, Sendable {
    let id: ID
    let commitLSN: LSN
  }

  /// Which steps are skipped.
  struct Policy: Sendable {
    /// Let the slot follow the server's log while nothing is committed.
    var advancesWhenIdle = true
    /// Leave the slot where it is in any case.
    var leavesSlot = false
    /// Which transactions the server is asked for, as a number.
    var selection: UInt64 = 0
    /// Deliver repeated transactions again, for a server that repeats a recording.
    var deliversRepeats = false
  }

  private struct Current: Sendable {
    let id: ID
    let commitLSN: LSN
    let mark: TransactionMark?
    /// `nil` while it is still arriving.
    var end: LSN?
    /// Whether changes may follow.
    var hasChanges: Bool
  }

  private let policy: Policy
  /// How far the consumer has got.
  var progress = DeliveryProgress()
  private var current: Current?
  /// The commit position of the transaction that broke off.
  private var interrupted: LSN?
  /// Whether the arriving changes belong to the transaction that was passed over.
  private var endsPassedOver = false
  private var lastID: ID = 0

  init(_ policy: Policy) {
    self.policy = policy
  }

  /// Whether changes that arrive now belong to the open transaction.
  @inline(__always)
  var givesChanges: Bool { current?.hasChanges == true }

  /// Whether a transaction is the open one.
  @inline(__always)
  func isOpen(_ id: ID) -> Bool { current?.id == id }
}

// MARK: - Input from streams

extension DeliveryMachine {
  /// Takes the steps around changes; the changes themselves need no decision except
  /// ``givesChanges``.
  mutating func take(_ step: TransactionStep) -> Delivery {
    switch step {
    case .begin(let info): open(info, end: nil, hasChanges: true)
    case .whole(let info, let end, _): open(info, end: end, hasChanges: true)
    case .point(let info, let end, _): open(info, end: end, hasChanges: false)
    case .end(let end): self.end(at: end)
    case .idle(let position, let isRequested): idle(upTo: position, isRequested: isRequested)
    case .change: .nothing
    }
  }

  /// A transaction begins, or has arrived as a whole.
  ///
  /// - Parameter hasChanges: Whether changes follow, and then its end.
  mutating func open(_ info: TransactionInfo, end: LSN?, hasChanges: Bool) -> Delivery {
    guard policy.deliversRepeats || progress.isNew(info) else {
      return skip(info, end: end, hasChanges: hasChanges)
    }
    lastID += 1
    let opening = Opening(
      id: lastID, info: info, end: end,
      mark: TransactionMark(info, selection: policy.selection),
      isRedelivered: interrupted == info.commitLSN)
    interrupted = nil
    current = Current(
      id: lastID, commitLSN: info.commitLSN, mark: opening.mark, end: end, hasChanges: hasChanges)
    if let end { progress.delivered(info.commitLSN, upTo: end, opening.mark) }
    return .open(opening)
  }

  /// Skips a transaction that the consumer had before, or did not want.
  private mutating func skip(_ info: TransactionInfo, end: LSN?, hasChanges: Bool) -> Delivery {
    let isPassedOver = progress.isPassedOver(info)
    endsPassedOver = isPassedOver && hasChanges
    guard isPassedOver, !hasChanges, let end, let former = progress.endPassedOver(at: end) else {
      return .nothing
    }
    return .endPassedOver(former.id, at: end)
  }

  private mutating func end(at end: LSN) -> Delivery {
    if let current, current.hasChanges {
      self.current?.hasChanges = false
      // The end of one that was kept has been delivered with its beginning.
      guard current.end == nil else { return .nothing }
      self.current?.end = end
      progress.delivered(current.commitLSN, upTo: end, current.mark)
      return .end(current.id, at: end)
    }
    if endsPassedOver {
      endsPassedOver = false
      if let former = progress.endPassedOver(at: end) {
        return .endPassedOver(former.id, at: end)
      }
    }
    progress.skipped(upTo: end)
    return .nothing
  }

  private mutating func idle(upTo position: LSN, isRequested: Bool) -> Delivery {
    guard policy.advancesWhenIdle || isRequested, !policy.leavesSlot else { return .nothing }
    progress.skipped(upTo: position)
    return .idle(upTo: position, isRequested: isRequested)
  }

  /// Something other than a transaction is delivered.
  mutating func openChunk() -> ID {
    lastID += 1
    return lastID
  }

  /// Whether a transaction is open whose end is known, so that all of it can be delivered without
  /// the stream.
  var hasWholeTransaction: Bool { current?.end != nil }

  /// The stream has broken; the next one repeats transactions that have not ended.
  ///
  /// - Parameter isTaking: Whether the consumer was taking changes of the open transaction.
  /// - Returns: The transaction whose changes the consumer has to undo.
  mutating func loseStream(whileTaking isTaking: Bool) -> Interruption? {
    endsPassedOver = false
    guard isTaking, let current, current.end == nil else { return nil }
    interrupted = current.commitLSN
    self.current = nil
    return Interruption(id: current.id, commitLSN: current.commitLSN)
  }
}

// MARK: - Input from the consumer

extension DeliveryMachine {
  /// The consumer asks for the next transaction: the rest of the open one is not wanted.
  mutating func passOver() {
    guard let current = current.take(), current.end == nil else { return }
    endsPassedOver = true
    progress.passedOver(
      DeliveryProgress.PassedOver(
        id: current.id, commitLSN: current.commitLSN, mark: current.mark))
  }
}
