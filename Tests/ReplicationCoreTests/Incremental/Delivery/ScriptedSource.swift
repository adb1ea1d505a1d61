import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport

@testable import PGOutput
@testable import ReplicationCore

/// A source with the history of a model: transactions commit, and get visible to snapshots later.
///
/// Its log and its snapshots belong together: what a snapshot sees has committed, and who writes to
/// a row waits until the one before is visible. Its time is what its client does: a source that ran
/// by the clock would be over before a client begins that gets no core.
final class ScriptedSource: Sendable {
  struct State {
    let history: ModelHistory
    var random: RepeatableGenerator
    var committed = 0
    var visible: UInt32 = 0
    /// Workers that hold the table's lock.
    var locks: Set<RangeID> = []
    /// Snapshots that were taken.
    var snapshots = 0
    /// How many of them missed a transaction that had committed.
    var lateSnapshots = 0
    /// How many steps the client's doings are worth that were not made yet.
    var credit = 0
    /// How often time passed without any of the client's doings.
    var idleTicks = 0
  }

  static let table: UInt32 = 7

  private let state: Lock<State>

  init(_ history: ModelHistory, seed: UInt64) {
    state = Lock(State(history: history, random: RepeatableGenerator(seed: seed)))
  }

  var isOver: Bool {
    state.withLock { $0.committed == $0.history.transactions.count && $0.isAllVisible }
  }

  var lateSnapshots: Int { state.withLock { $0.lateSnapshots } }

  func use<R>(_ body: (inout State) throws -> R) rethrows -> R {
    try state.withLock { try body(&$0) }
  }

  /// The rest of the history as a stream has it from a position on, as fast as the source makes it.
  func stream(from position: LSN, isEmptyAtEnd: Bool = true) -> ScriptStep {
    ScriptStep("a history from \(position)") { peer in
      for index in 0..<Int.max {
        var waits = 0
        while !self.commit(upTo: index) {
          if index >= self.use({ $0.history.transactions.count }) { break }
          try peer.pause(.microseconds(200))
          waits += 1
          // The client may have asked: a TRUNCATE can wait for the lock of a range whose chunk waits
          // for a position.
          guard waits.isMultiple(of: 20) else { continue }
          try peer.send(Backend.keepAlive(walEnd: self.use { $0.insertLSN(delivered: index) }))
        }
        guard let bytes = self.use({ $0.bytes(of: index) }) else { break }
        if ModelHistory.endLSN(index) > position { try peer.send(bytes) }
        if self.use({ Bool.random(using: &$0.random) }) {
          try peer.send(Backend.keepAlive(walEnd: self.use { $0.insertLSN(delivered: index + 1) }))
        }
      }
      while !self.isOver {
        self.use { $0.tick() }
        try peer.pause(.microseconds(200))
      }
      // Until the client goes; it asks how far the log is.
      while let message = try peer.nextOrEnd() {
        guard case .statusUpdate(let update) = message else { return }
        if update.replyRequested {
          try peer.send(Backend.keepAlive(walEnd: self.use { $0.insertLSN }))
        }
      }
    }
  }

  /// Lets time pass until a transaction has committed.
  private func commit(upTo index: Int) -> Bool {
    state.withLock { state in
      state.tick()
      return state.committed > index
    }
  }
}

extension ScriptedSource.State {
  var isAllVisible: Bool { (0..<committed).allSatisfy { isVisible($0) } }

  func isVisible(_ index: Int) -> Bool { visible & 1 << UInt32(index) != 0 }

  var insertLSN: LSN {
    committed == 0 ? LSN(rawValue: 50) : ModelHistory.endLSN(committed - 1)
  }

  func insertLSN(delivered: Int) -> LSN {
    delivered == 0 ? LSN(rawValue: 50) : ModelHistory.endLSN(delivered - 1)
  }

  /// The client has done something, which takes time.
  mutating func clientActs() { credit += Int.random(in: 0...2, using: &random) }

  /// Makes a step for what the client has done, or after it has done nothing for a while: it may wait
  /// for a step.
  mutating func tick() {
    if credit > 0 {
      credit -= 1
    } else {
      idleTicks += 1
      guard idleTicks.isMultiple(of: 10) else { return }
    }
    step()
  }

  /// A transaction commits, or one that has committed gets visible.
  mutating func step() {
    if Bool.random(using: &random), canCommit {
      committed += 1
    } else if let index = (0..<committed).filter({ !isVisible($0) }).randomElement(using: &random) {
      visible |= 1 << UInt32(index)
    }
  }

  private var canCommit: Bool {
    guard committed < history.transactions.count else { return false }
    let next = history.transactions[committed]
    if next.isTruncate, !locks.isEmpty { return false }
    return (0..<committed).allSatisfy {
      isVisible($0) || !history.transactions[$0].conflicts(with: next)
    }
  }

  /// Whether a TRUNCATE still holds its lock.
  var isLocked: Bool {
    (0..<committed).contains { history.transactions[$0].isTruncate && !isVisible($0) }
  }

  mutating func takeSnapshot() -> (ReadPoint, rows: [Int: ModelRow]) {
    snapshots += 1
    clientActs()
    if !isAllVisible { lateSnapshots += 1 }
    let visible = visible
    let rows = history.rows { visible & 1 << UInt32($0) != 0 }
    return (ReadPoint(snapshot: history.snapshot(visible: visible), horizon: insertLSN), rows)
  }

  /// A transaction as the server sends it.
  func bytes(of index: Int) -> [UInt8]? {
    guard history.transactions.indices.contains(index) else { return nil }
    let transaction = history.transactions[index]
    let commit = ModelHistory.commitLSN(index)
    let end = ModelHistory.endLSN(index)
    let start = commit.rawValue - 40
    var bytes = Backend.xLogData(
      lsn(start), PgOutput.begin(finalLSN: commit.rawValue, time: 1, xid: transaction.xid))
    bytes += Backend.xLogData(
      .zero, PgOutput.relation(ScriptedSource.table, "t", ScriptedSource.headers))
    for (offset, operation) in transaction.operations.enumerated() {
      bytes += Backend.xLogData(lsn(start + UInt64(offset) + 1), operation.message)
    }
    return bytes
      + Backend.xLogData(
        end, PgOutput.commit(commitLSN: commit.rawValue, endLSN: end.rawValue, time: 1))
  }
}

extension ScriptedSource {
  static let headers: [PgOutput.ColumnHeader] = [
    .key("id", 20), .init("value", 20), .init("large", 20),
  ]

  static let incrementalTable = IncrementalTable(
    table: SnapshotTable(
      relation: Relation(
        oid: table, namespace: "public", name: "t", replicaIdentity: .default,
        columns: headers.map {
          Relation.Column(
            name: $0.name, isKey: $0.flags == 1, typeOID: $0.typeOID, typeModifier: -1)
        }),
      rowFilter: nil, estimatedRows: 2, hasBinaryForm: true, types: TypeCatalog(),
      missingGrant: nil, storage: []),
    shape: ModelWorld.shape)
}

extension ModelOperation {
  fileprivate var message: [UInt8] {
    func columns(_ key: Int, _ value: Int, _ large: Int?) -> [PgOutput.Column] {
      [text(key), text(value), large.map(text) ?? .unchanged]
    }
    func text(_ number: Int) -> PgOutput.Column { .text(Array(String(number).utf8)) }
    let oid = ScriptedSource.table
    return switch self {
    case .insert(let key, let row):
      PgOutput.insert(oid, new: columns(key, row.value, row.large))
    case .update(let key, let value): PgOutput.update(oid, new: columns(key, value, nil))
    case .move(let old, let new, let value, let large):
      PgOutput.update(oid, key: [text(old), .null, .null], new: columns(new, value, large))
    case .delete(let key): PgOutput.delete(oid, key: [text(key), .null, .null])
    case .truncate: PgOutput.truncate([oid])
    }
  }
}
