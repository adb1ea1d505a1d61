/// Memory of released segments, kept for later ones.
///
/// Ordinary segments all have the same size, and as many are kept as were ever alive at once.
/// Larger pieces, for long messages, are kept only while such messages keep arriving: otherwise the
/// operating system would map, zero and unmap memory for each of them.
struct SpareMemory {
  private var ordinary: [SegmentMemory] = []
  private var large: [SegmentMemory] = []
  /// Ordinary segments since the last large one.
  private var ordinaryTaken = 0
  /// Pieces larger than this are not kept.
  private let largest: Int

  init(largest: Int = .max) {
    self.largest = largest
  }

  /// How many pieces for long messages are kept: one is filled while another is consumed.
  private static let largeKept = 2
  /// After this many ordinary segments without a long message, the larger pieces are freed.
  private static let patience = 16
  /// Sizes of large pieces are multiples of this, so that messages of like length share them.
  private static let granule = 1 << 16

  /// The number of bytes that are kept.
  var bytes: Int { (ordinary + large).reduce(0) { $0 + $1.size } }

  /// A piece of the ordinary size.
  mutating func takeOrdinary(_ size: Int) -> SegmentMemory {
    ordinaryTaken += 1
    if ordinaryTaken == Self.patience {
      for memory in large { memory.deallocate() }
      large = []
    }
    return ordinary.popLast() ?? SegmentMemory(size)
  }

  /// A piece of at least `size` bytes, but not much larger.
  mutating func takeLarge(_ size: Int) -> SegmentMemory {
    ordinaryTaken = 0
    if let index = large.firstIndex(where: { Self.fits($0, size) }) {
      return large.remove(at: index)
    }
    // None fits, so the oldest is freed; the new one will come back in its place.
    if !large.isEmpty { large.removeFirst().deallocate() }
    return SegmentMemory(Self.rounded(size))
  }

  /// Whether ``takeLarge(_:)`` has a piece that fits.
  func hasLarge(_ size: Int) -> Bool {
    large.contains { Self.fits($0, size) }
  }

  private static func fits(_ memory: SegmentMemory, _ size: Int) -> Bool {
    memory.size >= size && memory.size / 2 <= size
  }

  /// The size of a large piece for this number of bytes.
  static func rounded(_ size: Int) -> Int {
    (size + granule - 1) / granule * granule
  }

  mutating func keepOrdinary(_ memory: SegmentMemory) {
    ordinary.append(memory)
  }

  mutating func keepLarge(_ memory: SegmentMemory) {
    guard memory.size <= largest else { return memory.deallocate() }
    if large.count == Self.largeKept { large.removeFirst().deallocate() }
    large.append(memory)
  }

  /// Frees all of it.
  mutating func deallocate() {
    for memory in ordinary + large { memory.deallocate() }
    self = SpareMemory(largest: largest)
  }
}
