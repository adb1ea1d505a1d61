import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Synchronization
import Testing

@testable import ReplicationCore

/// Frames in batches, one at a time or all at once.
@Suite struct FrameCursorTests {
  private static let frames: [[UInt8]] = [
    Backend.xLogData(lsn(1), [73, 1, 2]), Backend.keepAlive(walEnd: lsn(0x20)),
    Backend.xLogData(lsn(2), []), Backend.xLogData(lsn(3), [66]),
    Backend.keepAlive(walEnd: lsn(0x30), replyRequested: true),
  ]

  private func batch(_ frames: some Sequence<[UInt8]>) -> Batch {
    let bytes = frames.flatMap { $0 }
    let segment = Segment(SegmentMemory(bytes.count), capacity: bytes.count, pool: nil)
    segment.write(bytes.span, at: 0)
    return Batch(segment: segment, range: 0..<bytes.count)
  }

  private func cursor(_ batches: [Batch]) -> FrameCursor {
    var cursor = FrameCursor(from: Mailbox(readAhead: 1 << 20) {}, StreamCounters())
    cursor.refill(batches)
    return cursor
  }

  private func words(_ frame: ReceivedFrame) -> String {
    guard let data = frame.xLogData else {
      return frame.keepAlive.map { "k \($0.walEnd) \($0.replyRequested)" } ?? "?"
    }
    #expect(data.payload.first == frame.payloadLetter)
    let message = frame.withMessage { bytes, position in "\(position) \(bytes.copied())" }
    #expect(message == "\(data.start) \(data.payload.bytes())")
    return "w \(data.start) \(data.payload.bytes())"
  }

  private func next(_ cursor: inout FrameCursor) -> String? {
    cursor.next().map { words($0) }
  }

  private static let expected = [
    "w 0/1 [73, 1, 2]", "k 0/20 false", "w 0/2 []", "w 0/3 [66]", "k 0/30 true",
  ]

  @Test func `gives every frame in order, wherever batches are cut`() throws {
    for cut in 1..<Self.frames.count {
      var cursor = cursor([
        batch(Self.frames[..<cut]), batch([Backend.copyData([])] + Self.frames[cut...]),
      ])
      var found: [String] = []
      while let frame = cursor.next() { found.append(words(frame)) }
      #expect(found == Self.expected)
      #expect(next(&cursor) == nil)
      cursor.refill([batch(Self.frames[..<1])])
      #expect(next(&cursor) == Self.expected[0])
    }
  }

  @Test func `a frame that is put back comes again`() throws {
    var cursor = cursor([batch(Self.frames)])
    for expected in Self.expected {
      for _ in 1...3 {
        let next = cursor.next()
        let frame = try #require(next)
        #expect(words(frame) == expected)
        cursor.putBack()
      }
      #expect(next(&cursor) == expected)
    }
    #expect(next(&cursor) == nil)
  }

  @Test func `what is left can be dropped`() {
    var cursor = cursor([batch(Self.frames), batch(Self.frames)])
    #expect(next(&cursor) == Self.expected[0])
    cursor.dropRest()
    #expect(next(&cursor) == nil)
  }

  @Test func `all at once gives the same, and continues behind an error`() throws {
    struct Refused: Error {}
    var cursor = cursor([batch(Self.frames[..<3]), batch(Self.frames[3...])])
    var found: [String] = []
    #expect(throws: Refused.self) {
      try cursor.forEachReady { segment, content in
        found.append(words(ReceivedFrame(segment: segment, content: content)))
        if found.count == 2 { throw Refused() }
        return true
      }
    }
    let delivered = try cursor.forEachReady { segment, content in
      found.append(words(ReceivedFrame(segment: segment, content: content)))
      return false
    }
    #expect(found == Self.expected && !delivered)
  }

  @Test func `events are counted when the next batch is opened`() throws {
    let counters = StreamCounters()
    var cursor = FrameCursor(from: Mailbox(readAhead: 1 << 20) {}, counters)
    cursor.refill([batch(Self.frames)])
    while cursor.next() != nil { cursor.countDelivered() }
    #expect(counters.eventsDelivered.load(ordering: .relaxed) == Self.expected.count)
  }
}
