/// The guard: transactions whose changes were dropped, and which no snapshot has seen yet.
///
/// A change to a range that is still to be read is dropped, since reading will bring the row. That
/// holds only if the snapshot sees the transaction, and a commit is in the stream before snapshots
/// see it. So the ids are kept until a snapshot has seen them; any later snapshot sees them too.
/// Until then no snapshot that misses one of them may be used.
///
/// There is one list for all tables. A range may so have to wait for a transaction that did not
/// touch it, but only for the time between that transaction's commit record and its end.
struct DroppedTransactions: Hashable, Sendable {
  /// In ascending order, each once.
  private(set) var ids: [FullTransactionID] = []

  /// From so many ids on a snapshot should be asked for, so that the list gets shorter.
  static let crowded = 1024
  /// With so many ids the stream waits until a snapshot has made the list shorter.
  static let full = 16_384

  var isEmpty: Bool { ids.isEmpty }
  var isCrowded: Bool { ids.count >= Self.crowded }
  var isFull: Bool { ids.count >= Self.full }

  mutating func insert(_ id: FullTransactionID) {
    var (low, high) = (0, ids.count)
    // Ids arrive nearly in order.
    if let last = ids.last, last < id { low = high }
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    if low == ids.count || ids[low] != id { ids.insert(id, at: low) }
  }

  mutating func formUnion(_ other: DroppedTransactions) {
    for id in other.ids { insert(id) }
  }

  /// Removes what a snapshot has seen.
  mutating func remove(seenBy snapshot: TransactionSnapshot) {
    ids.removeAll { snapshot.sees($0) }
  }

  /// Whether a snapshot sees all of them.
  func areAllSeen(by snapshot: TransactionSnapshot) -> Bool {
    ids.allSatisfy { snapshot.sees($0) }
  }
}
