internal import PGWire
internal import Synchronization

/// Provides segments and takes them back, and counts the bytes that are alive.
///
/// The stream's byte budget is kept here: segments that wait to be consumed and segments that the
/// consumer's events keep alive count alike.
final class SegmentPool: Sendable {
  /// Bytes of an ordinary segment; only a longer message gets a larger one.
  let segmentSize: Int
  /// Bytes of segments that may be alive before reading stops.
  let budget: Int

  private let inUse = Atomic<Int>(0)
  private let spare: Lock<SpareMemory>
  private let readerWaits = Atomic<Bool>(false)
  private let wakeReader: @Sendable () -> Void

  init(budget: Int, segmentSize: Int, wakeReader: @escaping @Sendable () -> Void) {
    self.budget = budget
    self.segmentSize = min(segmentSize, max(budget / 2, 1 << 12))
    self.wakeReader = wakeReader
    // Memory larger than the budget goes back to the system at once.
    spare = Lock(SpareMemory(largest: budget))
  }

  deinit {
    spare.withLock { $0.deallocate() }
  }

  /// Bytes of the segments that are alive.
  var bytesInUse: Int { inUse.load(ordering: .relaxed) }

  /// Bytes of memory that was taken from the system: of the segments that are alive, and kept.
  var bytesTaken: Int { bytesInUse + spare.withLock { $0.bytes } }

  /// A segment of at least `count` bytes, whatever the budget says: for the start of a stream.
  func take(atLeast count: Int) -> Segment {
    let size = max(count, segmentSize)
    inUse.add(size, ordering: .sequentiallyConsistent)
    let memory = spare.withLock { spare in
      size == segmentSize ? spare.takeOrdinary(size) : spare.takeLarge(size)
    }
    return Segment(memory, capacity: size, pool: self)
  }

  /// A segment of at least `count` bytes, if the budget has room for it.
  ///
  /// - Parameters:
  ///   - replaced: The size of the reader's own segment, if the new one replaces it and nothing
  ///     else refers to it.
  ///   - force: Return one in any case, since the wait would never end.
  /// - Returns: `nil` while the budget is used up; the reader is woken when a segment comes back.
  ///   If no other segment is alive, one is given however large it has to be.
  func take(atLeast count: Int, replacing replaced: Int, force: Bool) -> Segment? {
    guard hasRoom(for: max(count, segmentSize), replacing: replaced, force: force) else {
      return nil
    }
    return take(atLeast: count)
  }

  private func hasRoom(for size: Int, replacing replaced: Int, force: Bool) -> Bool {
    readerWaits.store(true, ordering: .sequentiallyConsistent)
    let others = inUse.load(ordering: .sequentiallyConsistent) - replaced
    guard others <= 0 || others + size <= budget || force else { return false }
    readerWaits.store(false, ordering: .relaxed)
    return true
  }

  /// Makes a segment larger, if the budget has room for it.
  ///
  /// - Parameters:
  ///   - segment: The reader's own, to which there is no other reference; not used afterwards.
  ///   - used: How much of it, from its start, holds something.
  ///   - force: Do it in any case, since the wait would never end.
  /// - Returns: `nil` while the budget is used up; the reader is woken when a segment comes back.
  func enlarge(_ segment: Segment, to size: Int, used: Int, force: Bool) -> Segment? {
    guard hasRoom(for: size, replacing: segment.capacity, force: force),
      let memory = segment.surrender()
    else { return nil }
    inUse.add(size - segment.capacity, ordering: .sequentiallyConsistent)
    let larger = memory.enlarged(to: SpareMemory.rounded(size), used: used)
    return Segment(larger, capacity: size, pool: self)
  }

  /// Whether memory of this size is available already, from an earlier message.
  func hasSpare(_ size: Int) -> Bool {
    spare.withLock { $0.hasLarge(size) }
  }

  /// A segment's last reference is gone.
  func giveBack(_ memory: SegmentMemory, _ capacity: Int) {
    spare.withLock { spare in
      memory.size == segmentSize ? spare.keepOrdinary(memory) : spare.keepLarge(memory)
    }
    inUse.subtract(capacity, ordering: .sequentiallyConsistent)
    if readerWaits.load(ordering: .sequentiallyConsistent) { wakeReader() }
  }
}
