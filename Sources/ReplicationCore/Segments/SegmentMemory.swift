internal import CReplicationSystem

/// Memory for one segment.
@safe struct SegmentMemory: Equatable, @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let size: Int

  /// From this size on memory is mapped directly and goes back to the system: a heap would
  /// keep it, in as many pieces as there are threads that have freed some.
  private static let mapped = 1 << 15

  private let isMapped: Bool

  init(_ size: Int) {
    self.size = size
    if size >= Self.mapped,
      let memory = unsafe pgrepl_map(size)
    {
      unsafe base = memory
      isMapped = true
    } else {
      unsafe base = .allocate(byteCount: size, alignment: 64)
      isMapped = false
    }
  }

  private init(mapped base: UnsafeMutableRawPointer, _ size: Int) {
    unsafe self.base = base
    self.size = size
    isMapped = true
  }

  /// The same memory made larger, at the same place or at another; its contents are kept.
  ///
  /// The system moves it without a copy where it can.
  ///
  /// - Parameter used: How much of it, from its start, holds something.
  func enlarged(to newSize: Int, used: Int) -> SegmentMemory {
    if isMapped, let moved = unsafe pgrepl_remap(base, size, newSize) {
      return unsafe SegmentMemory(mapped: moved, newSize)
    }
    let larger = SegmentMemory(newSize)
    unsafe larger.base.copyMemory(from: base, byteCount: used)
    deallocate()
    return larger
  }

  func deallocate() {
    if isMapped { unsafe munmap(base, size) } else { unsafe base.deallocate() }
  }

  /// Whether both are the same piece.
  static func == (left: SegmentMemory, right: SegmentMemory) -> Bool {
    unsafe left.base == right.base
  }
}
