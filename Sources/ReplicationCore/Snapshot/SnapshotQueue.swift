/// The ranges that nobody has taken yet, by what they are read from.
struct SnapshotQueue: Sendable {
  /// The ranges of one source, those that come next at the end.
  private struct Group: Sendable {
    let source: UInt32
    var ranges: [SnapshotRange]
  }

  /// In the order of the tables; those before `first` are empty.
  private var groups: [Group] = []
  private var first = 0
  private var indices: [UInt32: Int] = [:]
  /// The last table whose ranges may be taken.
  var lastTable = Int.max

  init(_ ranges: [SnapshotRange]) {
    for range in ranges.reversed() {
      if groups.last?.source != range.source.oid {
        groups.append(Group(source: range.source.oid, ranges: []))
      }
      groups[groups.count - 1].ranges.append(range)
    }
    groups.reverse()
    for (index, group) in groups.enumerated() { indices[group.source] = index }
  }

  /// Whether no range is left of the tables that may be taken.
  var isEmpty: Bool {
    groups[first...].allSatisfy { $0.ranges.last.map { $0.table > lastTable } ?? true }
  }

  /// The next range of a source that is not among these.
  mutating func take(except unavailable: Set<UInt32>) -> SnapshotRange? {
    while first < groups.count, groups[first].ranges.isEmpty { first += 1 }
    for index in groups[first...].indices where !unavailable.contains(groups[index].source) {
      guard let range = groups[index].ranges.last else { continue }
      guard range.table <= lastTable else { break }
      return groups[index].ranges.removeLast()
    }
    return nil
  }

  /// Gives back a range that was taken.
  mutating func putBack(_ range: SnapshotRange) {
    guard let index = indices[range.source.oid] else { return }
    groups[index].ranges.append(range)
    first = min(first, index)
  }
}
