/// Which blocks of a spill file are free.
struct SpillBlocks: Sendable {
  private var free: [Int] = []
  private var end = 0

  /// How many blocks are in use.
  var inUse: Int { end - free.count }

  /// A block that is not in use.
  mutating func take() -> Int {
    if let block = free.popLast() { return block }
    defer { end += 1 }
    return end
  }

  /// Blocks that are not needed any more.
  mutating func giveBack(_ blocks: some Sequence<Int>) {
    free.append(contentsOf: blocks)
    if inUse == 0 { self = SpillBlocks() }
  }
}
