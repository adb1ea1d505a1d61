internal import PGOutput

/// Row changes that come one after the other, to be taken one at a time.
struct RowRun {
  private var block: RowBlock?
  private var next = 0
  private var end = 0

  /// No rows.
  init() {}

  /// The rows of a block from a number on, of which there are some.
  init(_ block: RowBlock, from start: Int) {
    self.block = block
    next = start
    end = block.count
  }

  /// The next one.
  @inline(__always)
  mutating func popFirst() -> RowChange? {
    guard let block else { return nil }
    let change = RowChange(block, next)
    next += 1
    // The last one releases the block, so that it can be used again.
    if next == end { self.block = nil }
    return change
  }

  /// Passes all of them, each once: after an error the ones after it are left.
  @inline(__always)
  mutating func popEach(_ body: (RowChange) throws -> Void) throws {
    guard let block else { return }
    while next < end {
      let index = next
      next += 1
      if next == end { self.block = nil }
      try body(RowChange(block, index))
    }
  }
}
