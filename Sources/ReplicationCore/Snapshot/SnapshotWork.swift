internal import PGWire

/// What the workers of one reading share: what is to be read, and the ranges that nobody has taken.
final class SnapshotWork: Sendable {
  let tables: [SnapshotTable]
  let consistentPoint: LSN
  let options: SnapshotOptions
  /// `nil` if the reading has no spans of its own.
  let tracer: StreamTracer?
  /// How many ranges each table has.
  let rangeCounts: [Int]
  private let queue: Lock<SnapshotQueue>

  init(
    _ tables: [SnapshotTable], _ ranges: [SnapshotRange], at consistentPoint: LSN,
    _ options: SnapshotOptions, tracer: StreamTracer? = nil
  ) {
    self.tracer = tracer
    self.tables = tables
    self.consistentPoint = consistentPoint
    self.options = options
    var counts = Array(repeating: 0, count: tables.count)
    for range in ranges { counts[range.table] += 1 }
    rangeCounts = counts
    queue = Lock(SnapshotQueue(ranges))
  }

  /// From now on only ranges up to this table are taken.
  func limit(toTable index: Int) {
    queue.withLock { $0.lastTable = index }
  }

  /// Whether some ranges are left.
  var hasRanges: Bool { queue.withLock { !$0.isEmpty } }

  /// The next range, in the order of the tables; `nil` if all are taken.
  ///
  /// - Parameter unavailable: What the worker can't lock; others take its ranges.
  func takeRange(except unavailable: Set<UInt32>) -> SnapshotRange? {
    queue.withLock { $0.take(except: unavailable) }
  }

  /// A range that was taken and can't be read by the worker that has it.
  func putBack(_ range: SnapshotRange) {
    queue.withLock { $0.putBack(range) }
  }
}
