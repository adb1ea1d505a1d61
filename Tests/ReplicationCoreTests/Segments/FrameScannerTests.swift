import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

@Suite struct FrameScannerTests {
  private let pool = SegmentPool(budget: 1 << 20, segmentSize: 1 << 12, wakeReader: {})

  private func segment(_ bytes: [UInt8]) -> Segment {
    let segment = pool.take(atLeast: bytes.count)
    segment.write(bytes.span, at: 0)
    return segment
  }

  /// What a scan stopped at, in words that can be compared.
  private func scan(_ scanner: inout FrameScanner, _ bytes: [UInt8], to end: Int? = nil) -> String {
    switch scanner.scan(segment(bytes), to: end ?? bytes.count) {
    case .needsMore(let length): "needs \(length)"
    case .message(let tag, let body, let end): "message \(tag) \(body) \(end)"
    case .invalid(let error): "invalid \(error)"
    }
  }

  private func xLogData(_ lsn: UInt64, size: Int = 1) -> [UInt8] {
    Backend.xLogData(LSN(rawValue: lsn), [UInt8](repeating: 7, count: size))
  }

  @Test func `steps over XLogData and counts it`() {
    var scanner = FrameScanner(limits: FrameLimits())
    let bytes = xLogData(5) + xLogData(9, size: 100) + xLogData(0) + xLogData(7, size: 0)
    #expect(scan(&scanner, bytes) == "needs 5")
    #expect(scanner.position == bytes.count)
    #expect(scanner.messages == 4)
    #expect(scanner.highest == 9)
  }

  @Test func `stops at everything else`() {
    var scanner = FrameScanner(limits: FrameLimits())
    let first = xLogData(5)
    let bytes = first + Backend.keepAlive(walEnd: LSN(rawValue: 99)) + Backend.copyDone()
    #expect(scan(&scanner, bytes) == "message 100 36..<54 54")
    #expect(scanner.position == first.count)
    scanner.skip(to: 54)
    #expect(scan(&scanner, bytes) == "message 99 59..<59 59")
    scanner.skip(to: 59)
    #expect(scan(&scanner, bytes) == "needs 5")
    // A keepalive's end is no data.
    #expect(scanner.highest == 5)
  }

  @Test func `says how much the next message needs, at every cut`() {
    let frame = xLogData(5, size: 10)
    for end in frame.indices {
      var scanner = FrameScanner(limits: FrameLimits())
      #expect(scan(&scanner, frame, to: end) == (end < 5 ? "needs 5" : "needs \(frame.count)"))
      #expect(scanner.position == 0)
      #expect(scan(&scanner, frame) == "needs 5")
      #expect(scanner.messages == 1)
    }
  }

  @Test func `continues where the bytes were moved to`() {
    var scanner = FrameScanner(limits: FrameLimits())
    let frame = xLogData(5)
    _ = scan(&scanner, frame + frame, to: frame.count + 3)
    #expect(scanner.position == frame.count)
    scanner.begin(at: 0)
    #expect(scan(&scanner, frame) == "needs 5")
    #expect(scanner.messages == 2)
  }

  @Test(arguments: [0, 1, 2, 3, 0x4000_0001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
  func `refuses a length that can't be`(length: UInt32) {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "d"))
    writer.write(length)
    var scanner = FrameScanner(limits: FrameLimits())
    let error = WireError.invalidLength(
      tag: UInt8(ascii: "d"), length: Int64(Int32(bitPattern: length)), limit: 1 << 30)
    #expect(scan(&scanner, writer.bytes) == "invalid \(error)")
  }

  @Test func `believes only data and text to be long`() {
    var scanner = FrameScanner(limits: FrameLimits())
    let long = Backend.message(tag: UInt8(ascii: "C"), body: [UInt8](repeating: 1, count: 30_000))
    #expect(scan(&scanner, Array(long[..<5])).hasPrefix("invalid"))
  }

  @Test func `leaves frames too short for XLogData to the decoder`() {
    for size in 0..<25 {
      var scanner = FrameScanner(limits: FrameLimits())
      let content = [UInt8(ascii: "w")] + [UInt8](repeating: 0xFF, count: 24)
      let frame = Backend.copyData(Array(content[..<size]))
      #expect(scan(&scanner, frame) == "message 100 5..<\(5 + size) \(5 + size)")
      #expect(scanner.highest == 0)
    }
  }
}
