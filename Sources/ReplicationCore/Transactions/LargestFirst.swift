/// Finds the transaction that takes the most memory, without checking all of them each time.
///
/// A heap of sizes, some of them outdated. An outdated size is skipped when it reaches the top, and
/// all of them are dropped once they are the majority.
struct LargestFirst: Sendable {
  private struct Entry {
    let xid: UInt32
    let size: Int
  }

  /// No entry is larger than the one above it, at half of its index less one.
  private var heap: [Entry] = []

  /// The number of entries, current or outdated.
  var count: Int { heap.count }

  /// A size has changed.
  ///
  /// - Parameters:
  ///   - others: How many transactions there are.
  ///   - isTrue: Whether a transaction still has a size.
  mutating func note(
    _ xid: UInt32, size: Int, among others: Int, isTrue: (UInt32, Int) -> Bool
  ) {
    guard size > 0 else { return }
    if heap.count > 64 + 4 * others {
      let former = heap
      heap = []
      for entry in former where isTrue(entry.xid, entry.size) { push(entry) }
    }
    push(Entry(xid: xid, size: size))
  }

  /// The largest, which stays; `nil` if there is none.
  mutating func largest(isTrue: (UInt32, Int) -> Bool) -> UInt32? {
    while let top = heap.first {
      if isTrue(top.xid, top.size) { return top.xid }
      pop()
    }
    return nil
  }

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var index = heap.count - 1
    while index > 0, heap[(index - 1) / 2].size < heap[index].size {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var largest = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if heap[child].size > heap[largest].size { largest = child }
      }
      guard largest != index else { return }
      heap.swapAt(index, largest)
      index = largest
    }
  }
}
