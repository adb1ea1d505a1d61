import PGWire
import ReplicationTestKit
import Testing

@Suite struct FrameDecoderTests {
  private struct Frame: Equatable {
    var tag: UInt8
    var body: [UInt8]
  }

  private static let frames = [
    Frame(tag: UInt8(ascii: "Z"), body: [0x49]), Frame(tag: UInt8(ascii: "c"), body: []),
    Frame(tag: UInt8(ascii: "d"), body: Array(0...255)),
    Frame(tag: UInt8(ascii: "I"), body: []),
  ]

  private static let bytes = frames.flatMap { BackendEncoder.message(tag: $0.tag, body: $0.body) }

  private func takeAll(_ decoder: inout FrameDecoder) throws -> [Frame] {
    var found: [Frame] = []
    while let frame = try decoder.next({ (tag, body) throws(WireError) in
      Frame(tag: tag, body: body.copied())
    }) {
      found.append(frame)
    }
    return found
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 64, 1000])
  func `finds the same messages in any pieces`(size: Int) throws {
    var decoder = FrameDecoder()
    var found: [Frame] = []
    for start in stride(from: 0, to: Self.bytes.count, by: size) {
      decoder.append(Self.bytes[start..<min(start + size, Self.bytes.count)])
      found += try takeAll(&decoder)
    }
    #expect(found == Self.frames)
    #expect(decoder.pendingCount == 0)
  }

  @Test func `finds the same messages cut at every offset`() throws {
    for cut in 0...Self.bytes.count {
      var decoder = FrameDecoder()
      decoder.append(Self.bytes[..<cut])
      var found = try takeAll(&decoder)
      decoder.append(Self.bytes[cut...])
      found += try takeAll(&decoder)
      #expect(found == Self.frames, "cut at \(cut)")
    }
  }

  @Test func `keeps a partial message while others come and go`() throws {
    var decoder = FrameDecoder()
    let whole = BackendEncoder.message(tag: UInt8(ascii: "Z"), body: [0x49])
    for _ in 1...1000 {
      decoder.append((whole + whole)[...])
      #expect(try takeAll(&decoder).count == 2)
    }
    decoder.append(whole[..<3])
    #expect(try takeAll(&decoder).isEmpty)
    #expect(decoder.pendingCount == 3)
    decoder.append(whole[3...])
    #expect(try takeAll(&decoder) == [Self.frames[0]])
  }

  @Test func `hands the rest over, once`() throws {
    var decoder = FrameDecoder()
    decoder.append(Self.bytes[...])
    _ = try decoder.next { (_, _) throws(WireError) in true }
    #expect(decoder.takeRest() == Array(Self.bytes[6...]))
    #expect(decoder.takeRest().isEmpty)
    #expect(decoder.pendingCount == 0)
    decoder.append(Self.bytes[...])
    #expect(try takeAll(&decoder) == Self.frames)
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt8])
  func `refuses a length too short for itself`(length: UInt8) {
    var decoder = FrameDecoder()
    decoder.append([UInt8(ascii: "Z"), 0, 0, 0, length][...])
    #expect(
      throws: WireError.invalidLength(
        tag: UInt8(ascii: "Z"), length: Int64(length), limit: 30_000)
    ) { try takeAll(&decoder) }
  }

  @Test func `refuses a huge length at its header`() {
    var decoder = FrameDecoder(limits: FrameLimits(maximumLength: 1 << 20))
    decoder.believesLongMessages = true
    decoder.append([UInt8(ascii: "d"), 0x40, 0, 0, 0][...])
    #expect(
      throws: WireError.invalidLength(tag: UInt8(ascii: "d"), length: 1 << 30, limit: 1 << 20)
    ) { try takeAll(&decoder) }
  }

  @Test func `is stricter before authentication than after it`() throws {
    let long = BackendEncoder.message(
      tag: UInt8(ascii: "E"), body: [UInt8](repeating: 0x20, count: 40_000))
    var decoder = FrameDecoder()
    decoder.append(long[..<5])
    #expect(
      throws: WireError.invalidLength(tag: UInt8(ascii: "E"), length: 40_004, limit: 30_000)
    ) { try takeAll(&decoder) }
    decoder = FrameDecoder()
    decoder.believesLongMessages = true
    decoder.append(long[...])
    #expect(try takeAll(&decoder).map(\.body.count) == [40_000])
  }

  @Test(arguments: [0, 1, 100, (1 << 18) - 1, 1 << 18, 1 << 20])
  func `hands a body over, whatever stands before and behind it`(count: Int) throws {
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let other: [UInt8] = [1, 2, 3]
    let bytes =
      Self.bytes + BackendEncoder.copyData(body) + BackendEncoder.copyData(other) + Self.bytes
    for piece in [bytes.count, 1 << 14] {
      var decoder = FrameDecoder()
      decoder.believesLongMessages = true
      var given: [[UInt8]] = []
      var passed = 0
      for start in stride(from: 0, to: bytes.count, by: piece) {
        decoder.append(bytes[start..<min(start + piece, bytes.count)])
        var data: [UInt8] = []
        while let isWanted = try decoder.next(
          into: &data,
          { (tag, _) throws(WireError) in
            (tag == UInt8(ascii: "d"), isWanted: tag == UInt8(ascii: "d"))
          })
        {
          if isWanted { given.append(data) } else { passed += 1 }
          data = []
        }
      }
      let others = Self.frames.filter { $0.tag != UInt8(ascii: "d") }.count
      #expect(given.contains(body) && given.contains(other))
      #expect(passed == 2 * others)
      #expect(decoder.pendingCount == 0)
    }
  }

  @Test func `adds a body to what there is`() throws {
    var decoder = FrameDecoder()
    decoder.believesLongMessages = true
    let long = [UInt8](repeating: 9, count: 1 << 19)
    decoder.append((BackendEncoder.copyData(long) + BackendEncoder.copyData(long))[...])
    var data: [UInt8] = [1]
    for _ in 1...2 {
      _ = try decoder.next(into: &data) { (_, _) throws(WireError) in ((), isWanted: true) }
    }
    #expect(data == [1] + long + long)
  }

  @Test func `keeps a message that the caller could not take`() throws {
    var decoder = FrameDecoder()
    decoder.append(Self.bytes[...])
    #expect(throws: WireError.unknownTag(1)) {
      try decoder.next { (_, _) throws(WireError) -> Bool in throw .unknownTag(1) }
    }
    #expect(try takeAll(&decoder) == Self.frames)
  }
}
