internal import PGOutput
internal import PGWire
internal import Synchronization

/// Iterates over the frames in the batches that the stream's thread hands over.
///
/// It belongs to the consumer and takes no lock. The plugin's messages are not inspected.
struct FrameCursor {
  /// The batches still to be opened, the next one last; an opened batch is not held here.
  private var batches: [Batch] = []
  /// The segment of the open batch.
  private(set) var segment: Segment?
  private var position = 0
  private var end = 0
  /// Where the last frame begins.
  private var latest = 0
  private let mailbox: Mailbox
  let counters: StreamCounters
  /// Frames delivered since the counters were last updated.
  private var uncounted = 0
  /// The highest position that was received with the open batch, or before.
  private var batchPosition = LSN.zero

  /// - Parameter mailbox: Where the batches come from; it is notified of each that is opened.
  init(from mailbox: Mailbox, _ counters: StreamCounters) {
    self.mailbox = mailbox
    self.counters = counters
  }

  /// Gives it more to iterate over, once ``next()`` has returned nothing.
  mutating func refill(_ batches: [Batch]) {
    self.batches = batches.reversed()
  }

  /// The next frame, or `nil` if the batches are used up.
  @inline(__always) mutating func next() -> ReceivedFrame? {
    while true {
      if let segment, let content = nextContent(in: segment) {
        return ReceivedFrame(segment: segment, content: content)
      }
      guard openNextBatch() else { return nil }
    }
  }

  /// Passes every frame that is there, with one hold on the segment of each batch.
  ///
  /// - Parameter body: It returns whether the frame counts as delivered. If it throws, the frames
  ///   after that one are passed by the next call.
  /// - Returns: Whether any frame was delivered.
  mutating func forEachReady(_ body: (Segment, Range<Int>) throws -> Bool) throws -> Bool {
    var delivered = false
    while true {
      if let segment {
        while let content = nextContent(in: segment) {
          if try body(segment, content) { delivered = true }
        }
      }
      guard openNextBatch() else { return delivered }
    }
  }

  /// Passes frames of the batch that is open, with one hold on its segment, until one is refused;
  /// that one is passed again later.
  ///
  /// - Parameter body: It returns whether it has taken the frame, which then counts as delivered.
  @inline(__always)
  mutating func takeWhile(_ body: (Segment, Range<Int>) -> Bool) {
    guard let segment else { return }
    while let content = nextContent(in: segment) {
      guard body(segment, content) else { return putBack() }
      countDelivered()
    }
  }

  /// Makes ``next()`` return the last frame again.
  mutating func putBack() {
    position = latest
  }

  /// Counts an event as delivered.
  @inline(__always) mutating func countDelivered() {
    uncounted += 1
  }

  /// Drops what is left.
  mutating func dropRest() {
    batches = []
    segment = nil
    position = end
    latest = end
  }

  /// Steps over the next frame of a batch, and over other messages before it.
  @inline(__always)
  private mutating func nextContent(in segment: Segment) -> Range<Int>? {
    while position < end {
      let tag = segment.byte(at: position)
      let next = position + 1 + Int(segment.uint32(at: position + 1))
      let content = position + FrameHeader.size..<next
      latest = position
      position = next
      if tag == UInt8(ascii: "d"), !content.isEmpty { return content }
    }
    return nil
  }

  private mutating func openNextBatch() -> Bool {
    counters.eventsDelivered.add(uncounted, ordering: .relaxed)
    uncounted = 0
    if segment != nil { counters.taken.store(batchPosition.rawValue, ordering: .relaxed) }
    guard let batch = batches.popLast() else {
      segment = nil
      return false
    }
    segment = batch.segment
    position = batch.range.lowerBound
    end = batch.range.upperBound
    batchPosition = batch.position
    mailbox.opened(batch.range.count)
    return true
  }
}
