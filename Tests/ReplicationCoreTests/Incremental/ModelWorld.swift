import PGOutput
import PGWire

@testable import ReplicationCore

/// How the model is explored.
struct ModelSetup {
  let history: ModelHistory
  var rules = IncrementalRules()
  /// Whether a commit is in the stream before snapshots see it.
  var commitsBeforeVisible = true
  /// How often the consumer may be killed.
  var kills = 0
  /// How often a worker may fail.
  var failures = 0
  /// Whether what the consumer has stored beyond its checkpoint is undone by a kill.
  var isTransactional = true
  var limits = IncrementalMachine.Limits()
}

/// The source, the stream, the workers, the machine and the consumer's mirror at one moment.
struct ModelWorld: Hashable {
  enum Worker: Hashable {
    case claimed
    case locked
    case armed
    /// The server has taken the snapshot, and the answer is on its way.
    case taken(visible: UInt32, ReadPoint)
    case reading(visible: UInt32)
  }

  /// What survives a kill.
  struct Saved: Hashable {
    var progress: IncrementalProgress
    var position = LSN.zero
    var delivered = 0
    var mirror: [Int: ModelRow] = [:]
    var chunkSaw: [Int: UInt32] = [:]
  }

  var committed = 0
  /// The visible transactions, a bit for each.
  var visible: UInt32 = 0
  var machine: IncrementalMachine
  var workers: [RangeID: Worker] = [:]
  /// What was delivered and acknowledged.
  var now: Saved
  /// Operations of the current transaction that have been delivered; `nil` without one.
  var operation: Int?
  var saved: Saved
  var killsLeft: Int
  var failuresLeft: Int
  var hasSaved = false
  /// The most transactions that a killed consumer had been given.
  var deliveredBefore = 0
  var wholeReported = false
  /// What is wrong.
  var failure: String?

  static let table: UInt32 = 7
  static let shape = KeyShape([
    KeyColumn(name: "id", type: KeyType(.builtin(.int8), comparesBytes: false))
  ])

  init(_ setup: ModelSetup) {
    var progress = IncrementalProgress()
    progress.anchor = FullTransactionID(rawValue: ModelHistory.epoch | 10)
    progress.apply(
      .tableAdded(Self.table, Self.shape, startsAt: FullTransactionID(rawValue: 3)))
    now = Saved(progress: progress)
    saved = now
    killsLeft = setup.kills
    failuresLeft = setup.failures
    machine = IncrementalMachine(progress, position: .zero)
    machine.rules = setup.rules
    machine.limits = setup.limits
    machine.observed(setup.history.snapshot(visible: 0).withoutRunning)
  }

  var insertLSN: LSN {
    committed == 0 ? LSN(rawValue: 50) : ModelHistory.endLSN(committed - 1)
  }
}

extension TransactionSnapshot {
  /// A snapshot by which the table may be read at once: it was added long ago.
  fileprivate var withoutRunning: TransactionSnapshot {
    (try? TransactionSnapshot("\(xmin.rawValue):\(xmin.rawValue):")) ?? self
  }
}

/// What the source and the server can do.
extension ModelWorld {
  /// Whether the next transaction can commit: all who wrote to its rows before it have ended, and
  /// nobody holds a lock that is in the way.
  func canCommit(_ setup: ModelSetup) -> Bool {
    let transactions = setup.history.transactions
    guard committed < transactions.count else { return false }
    let next = transactions[committed]
    if next.isTruncate, workers.values.contains(where: { $0 != .claimed }) { return false }
    return (0..<committed).allSatisfy {
      isVisible($0) || !transactions[$0].conflicts(with: next)
    }
  }

  func isVisible(_ index: Int) -> Bool { visible & 1 << UInt32(index) != 0 }

  /// Whether a TRUNCATE still holds its lock.
  func isLocked(_ setup: ModelSetup) -> Bool {
    (0..<committed).contains { setup.history.transactions[$0].isTruncate && !isVisible($0) }
  }

  mutating func takeSnapshot(_ id: RangeID, _ setup: ModelSetup) {
    workers[id] = .taken(
      visible: visible,
      ReadPoint(snapshot: setup.history.snapshot(visible: visible), horizon: insertLSN))
  }

  /// Does what the machine wants of the workers.
  mutating func followActions(_ setup: ModelSetup) {
    for action in machine.takeActions() {
      switch action {
      case .takeSnapshot(let id): workers[id] = .armed
      case .repeatSnapshot(let id):
        if isLocked(setup) {
          workers[id] = nil
          machine.workerFailed(id)
        } else {
          workers[id] = .armed
        }
      case .readChunk(let id):
        if case .taken(let visible, _)? = workers[id] { workers[id] = .reading(visible: visible) }
      case .abandon(let id): workers[id] = nil
      case .observeSnapshot: machine.observed(setup.history.snapshot(visible: visible))
      }
    }
  }
}
