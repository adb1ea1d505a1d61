import PGWire
import TestSupport

@testable import PGOutput
@testable import ReplicationCore

/// Readers of a scripted source, which answer at once, and fail now and then.
final class ScriptedReaders: RangeReading {
  private enum Job {
    case offered
    case locked(KeyRange)
    case taken(KeyRange, ReadPoint, rows: [Int: ModelRow])
    case reading(KeyRange, ReadPoint, rows: [Int: ModelRow])
  }

  private struct State {
    var jobs: [RangeID: Job] = [:]
    var reports: [ReadingReport] = []
    var wake: (@Sendable () -> Void)?
    var failuresLeft: Int
  }

  private let source: ScriptedSource
  private let state: Lock<State>

  init(_ source: ScriptedSource, failures: Int = 0) {
    self.source = source
    state = Lock(State(failuresLeft: failures))
  }

  func tables(
    refusing isWanted: @Sendable (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> (tables: [IncrementalTable], at: ReadPoint) {
    ([ScriptedSource.incrementalTable], source.use { $0.takeSnapshot().0 })
  }

  func memberships(
    of tables: [UInt32]
  ) async throws(ReplicationError) -> (found: [UInt32: [UInt32]], upTo: LSN) {
    ([ScriptedSource.incrementalTable.oid: ScriptedSource.incrementalTable.memberships], .zero)
  }

  var hasFreeWorker: Bool { state.withLock { $0.jobs.count < 2 } }

  func offer(_ id: RangeID, of table: IncrementalTable, _ range: KeyRange) {
    let cut = source.use { source in
      source.history.cuts.map { KeyBound(.before, Key($0)) }.first { range.isCut(by: $0) == true }
    }
    set(id, .offered, .ready(id, upTo: cut))
  }

  func begin(_ id: RangeID, _ range: KeyRange) {
    let isLocked = source.use { source in
      source.clientActs()
      if !source.isLocked { source.locks.insert(id) }
      return source.isLocked
    }
    if isLocked || mayFail() { return fail(id) }
    set(id, .locked(range), .lockHeld(id))
  }

  func release(_ id: RangeID) { end(id) }

  func perform(_ action: SnapshotAction) {
    switch action {
    case .takeSnapshot(let id), .repeatSnapshot(let id): takeSnapshot(id)
    case .readChunk(let id):
      state.withLock { state in
        if case .taken(let range, let point, let rows)? = state.jobs[id] {
          state.jobs[id] = .reading(range, point, rows: rows)
        }
      }
    case .abandon(let id): end(id)
    case .observeSnapshot: askForFlush()
    }
  }

  private func takeSnapshot(_ id: RangeID) {
    let range: KeyRange? = state.withLock { state in
      switch state.jobs[id] {
      case .locked(let range), .taken(let range, _, _): range
      default: nil
      }
    }
    guard let range else { return }
    if mayFail() { return fail(id) }
    let (point, rows) = source.use { $0.takeSnapshot() }
    set(id, .taken(range, point, rows: rows), .snapshotTaken(id, point, flushed: point.horizon))
  }

  func askForFlush() {
    let (point, _) = source.use { source in
      source.step()
      return source.takeSnapshot()
    }
    report(.observed(point.snapshot, flushed: point.horizon))
  }

  func chunkBegins(_ id: RangeID) {}

  func nextBatch(of id: RangeID) async throws(ReplicationError) -> SnapshotBatch? {
    await Task.yield()
    source.use { $0.clientActs() }
    if mayFail() {
      end(id)
      throw .serverShutdown
    }
    let job = state.withLock { $0.jobs[id] }
    guard case .reading(let range, let point, var rows)? = job else {
      throw .invalidParameter("nobody reads it")
    }
    guard let key = rows.keys.sorted().first(where: { range.contains(Key($0)) == true }),
      let row = rows.removeValue(forKey: key)
    else {
      end(id)
      return nil
    }
    state.withLock { [rows] in $0.jobs[id] = .reading(range, point, rows: rows) }
    return batch(of: key, row, point)
  }

  /// Numbers are known here, so that nobody asks.
  func places(
    of keys: [Key], by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int] {
    throw .invalidParameter("numbers have an order")
  }

  func takeReports() -> [ReadingReport] {
    state.withLock { state in
      defer { state.reports = [] }
      return state.reports
    }
  }

  func onReport(_ wake: @escaping @Sendable () -> Void) {
    state.withLock { $0.wake = wake }
  }

  func close() async {
    for id in state.withLock({ Array($0.jobs.keys) }) { end(id) }
  }

  private func set(_ id: RangeID, _ job: Job, _ report: ReadingReport) {
    state.withLock { $0.jobs[id] = job }
    self.report(report)
  }

  private func report(_ report: ReadingReport) {
    let wake = state.withLock { state in
      state.reports.append(report)
      return state.wake
    }
    wake?()
  }

  private func fail(_ id: RangeID) {
    end(id)
    report(.failed(id, .serverShutdown))
  }

  private func end(_ id: RangeID) {
    state.withLock { $0.jobs[id] = nil }
    _ = source.use { $0.locks.remove(id) }
  }

  private func mayFail() -> Bool {
    let isUnlucky = source.use { Int.random(in: 0..<8, using: &$0.random) == 0 }
    return state.withLock { state in
      guard isUnlucky, state.failuresLeft > 0 else { return false }
      state.failuresLeft -= 1
      return true
    }
  }

  private func batch(of key: Int, _ row: ModelRow, _ point: ReadPoint) -> SnapshotBatch {
    let format = CopyFormat(isBinary: false, columnCount: 3)
    var parser = CopyRowParser(format)
    let line = Array("\(key)\t\(row.value)\t\(row.large)\n".utf8)
    guard let rows = try? parser.take(line) else { preconditionFailure("a line that is none") }
    return SnapshotBatch(
      table: ScriptedSource.incrementalTable.table, consistentPoint: point.horizon,
      byteCount: line.count, tuples: CopiedTuples(rows, format))
  }
}
