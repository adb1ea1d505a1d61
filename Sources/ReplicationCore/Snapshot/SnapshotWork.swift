internal import PGWire

/// What the workers of one reading share: what is to be read, and the ranges that nobody has taken.
final class SnapshotWork: Sendable {
  let tables: [SnapshotTable]
  let consistentPoint: LSN
  let options: SnapshotOptions
  /// How many ranges each table has.
  let rangeCounts: [Int]
  private let queue: Lock<ArraySlice<SnapshotRange>>

  init(
    _ tables: [SnapshotTable], _ ranges: [SnapshotRange], at consistentPoint: LSN,
    _ options: SnapshotOptions
  ) {
    self.tables = tables
    self.consistentPoint = consistentPoint
    self.options = options
    var counts = Array(repeating: 0, count: tables.count)
    for range in ranges { counts[range.table] += 1 }
    rangeCounts = counts
    queue = Lock(ranges[...])
  }

  /// The next range, in the order of the tables; `nil` if all are taken.
  func takeRange() -> SnapshotRange? {
    queue.withLock { $0.popFirst() }
  }
}
