import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

@Suite struct SegmentPoolTests {
  private final class Wakes: Sendable {
    let count = Atomic<Int>(0)
  }

  private let wakes = Wakes()

  private func makePool(budget: Int = 16 << 10, segmentSize: Int = 4 << 10) -> SegmentPool {
    SegmentPool(budget: budget, segmentSize: segmentSize) { [wakes] in
      wakes.count.add(1, ordering: .relaxed)
    }
  }

  @Test func `counts the segments that are alive`() {
    let pool = makePool()
    do {
      let first = pool.take(atLeast: 1)
      #expect(first.capacity == 4096)
      #expect(pool.bytesInUse == 4096)
      let large = pool.take(atLeast: 10_000)
      #expect(large.capacity == 10_000)
      #expect(pool.bytesInUse == 14_096)
      withExtendedLifetime((first, large)) {}
    }
    #expect(pool.bytesInUse == 0)
  }

  @Test func `gives no more than its budget`() {
    let pool = makePool()
    var segments = [pool.take(atLeast: 1)]
    // The reader's own is replaced; so the others have the budget to themselves.
    while let next = pool.take(atLeast: 1, replacing: 4096, force: false) { segments.append(next) }
    #expect(segments.count == 5)
    #expect(pool.bytesInUse == 20 << 10)
    #expect(wakes.count.load(ordering: .relaxed) == 0)
    segments.removeFirst()
    #expect(wakes.count.load(ordering: .relaxed) > 0)
    #expect(pool.take(atLeast: 1, replacing: 4096, force: false) != nil)
  }

  @Test func `gives more where waiting would be for ever`() {
    let pool = makePool()
    var segments = [pool.take(atLeast: 1)]
    while let next = pool.take(atLeast: 1, replacing: 4096, force: false) { segments.append(next) }
    #expect(pool.take(atLeast: 1, replacing: 4096, force: true) != nil)
    withExtendedLifetime(segments) {}
  }

  @Test func `gives whatever is needed when nothing else is alive`() {
    let pool = makePool()
    let own = pool.take(atLeast: 1)
    let huge = pool.take(atLeast: 1 << 20, replacing: own.capacity, force: false)
    #expect(huge?.capacity == 1 << 20)
    withExtendedLifetime(own) {}
  }

  @Test func `does not let a large message in before the others are gone`() {
    let pool = makePool()
    let own = pool.take(atLeast: 1)
    var other: Segment? = pool.take(atLeast: 1)
    #expect(pool.take(atLeast: 1 << 20, replacing: own.capacity, force: false) == nil)
    withExtendedLifetime(other) {}
    other = nil
    #expect(wakes.count.load(ordering: .relaxed) == 1)
    #expect(pool.take(atLeast: 1 << 20, replacing: own.capacity, force: false) != nil)
    withExtendedLifetime(own) {}
  }

  @Test(arguments: [1, 100, 4096, 8192])
  func `works with a budget smaller than a segment`(budget: Int) {
    let pool = makePool(budget: budget, segmentSize: 1 << 18)
    #expect(pool.segmentSize == 4096)
    let own = pool.take(atLeast: 1)
    #expect(pool.take(atLeast: 1, replacing: own.capacity, force: false) != nil)
    withExtendedLifetime(own) {}
  }

  @Test func `long messages of like length share memory`() {
    var spare = SpareMemory()
    let first = spare.takeLarge(1_000_000)
    #expect(first.size >= 1_000_000)
    spare.keepLarge(first)
    let second = spare.takeLarge(900_000)
    #expect(second == first)
    spare.keepLarge(second)
    // Much too large a piece is not given.
    let small = spare.takeLarge(100_000)
    #expect(small.size < 200_000)
    spare.keepLarge(small)
    spare.deallocate()
  }

  @Test func `lets go of what long messages needed once they have ceased`() {
    var spare = SpareMemory()
    spare.keepLarge(spare.takeLarge(1_000_000))
    #expect(spare.bytes >= 1_000_000)
    for _ in 1...16 { spare.keepOrdinary(spare.takeOrdinary(4096)) }
    #expect(spare.bytes == 4096)
    spare.deallocate()
    #expect(spare.bytes == 0)
  }

  @Test func `keeps nothing that is larger than the budget`() {
    let pool = makePool()
    do { _ = pool.take(atLeast: 1 << 20) }
    #expect(pool.bytesTaken == 0)
    do { _ = pool.take(atLeast: 5000) }
    #expect(pool.bytesTaken == 0 || pool.bytesTaken == 1 << 16)
  }

  @Test func `a segment is enlarged with what it holds, and counted once`() throws {
    let pool = makePool(budget: 1 << 20)
    let first = pool.take(atLeast: 1 << 16)
    let bytes = (0..<1 << 16).map { UInt8(truncatingIfNeeded: $0) }
    first.write(bytes.span, at: 0)
    let larger = try #require(pool.enlarge(first, to: 1 << 18, used: 1 << 16, force: false))
    #expect(pool.bytesInUse == 1 << 18)
    #expect(larger.withBytes(0..<1 << 16) { $0.copied() } == bytes)
    larger.write(bytes.span, at: (1 << 18) - (1 << 16))
    // Above the budget only what is alone is enlarged.
    let other = pool.take(atLeast: 1)
    #expect(pool.enlarge(larger, to: 2 << 20, used: 1 << 16, force: false) == nil)
    #expect(larger.withBytes(0..<1 << 16) { $0.copied() } == bytes)
    let forced = try #require(pool.enlarge(larger, to: 2 << 20, used: 1 << 16, force: true))
    #expect(forced.withBytes(0..<1 << 16) { $0.copied() } == bytes)
    withExtendedLifetime(other) {}
  }

  @Test func `keeps two pieces for long messages at the most`() {
    var spare = SpareMemory()
    let pieces = (1...5).map { _ in spare.takeLarge(1 << 20) }
    for piece in pieces { spare.keepLarge(piece) }
    #expect(spare.bytes == 2 << 20)
    spare.deallocate()
  }

  @Test func `counts right when segments come back from many threads`() async {
    let pool = makePool(budget: 1 << 20)
    await withTaskGroup(of: Void.self) { group in
      for _ in 1...8 {
        group.addTask {
          for count in 1...500 {
            let segment = pool.take(atLeast: count * 20)
            if count.isMultiple(of: 50) { await Task.yield() }
            withExtendedLifetime(segment) {}
          }
        }
      }
    }
    #expect(pool.bytesInUse == 0)
  }

  @Test func `lets a copied payload go without it`() {
    let pool = makePool()
    var copy: Payload?
    do {
      let segment = pool.take(atLeast: 1)
      let bytes: [UInt8] = [1, 2, 3, 4]
      segment.write(bytes.span, at: 10)
      let payload = Payload(segment, 11..<13)
      #expect(payload.bytes() == [2, 3])
      #expect(payload.first == 2)
      #expect(Payload(segment, 11..<11).first == nil)
      copy = payload.copy()
    }
    #expect(pool.bytesInUse == 0)
    #expect(copy?.bytes() == [2, 3])
    #expect(copy?.count == 2)
  }
}
