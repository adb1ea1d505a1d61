import PGWire
import Testing

@Suite struct FrameHeaderTests {
  private static let limit = 1000

  private func parse(_ length: UInt32) throws(WireError) -> FrameHeader? {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "x"))
    writer.write(length)
    return try FrameHeader.parse(writer.bytes.span) { _ in Self.limit }
  }

  @Test func `counts the length word, not the tag`() throws {
    let empty = try #require(try parse(4))
    #expect(empty.tag == UInt8(ascii: "x"))
    #expect(empty.bodyLength == 0)
    #expect(empty.frameLength == 5)
    let longest = try #require(try parse(1000))
    #expect(longest.bodyLength == 996)
    #expect(longest.frameLength == 1001)
  }

  @Test(arguments: [0, 1, 2, 3, 1001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
  func `refuses a length that can't be, before waiting for it`(length: UInt32) {
    #expect(
      throws: WireError.invalidLength(
        tag: UInt8(ascii: "x"), length: Int64(Int32(bitPattern: length)), limit: 1000)
    ) { try parse(length) }
  }

  @Test func `waits for five bytes`() throws {
    let bytes: [UInt8] = [0x78, 0, 0, 0]
    for end in 0...4 {
      let cut = Array(bytes[..<end])
      #expect(try FrameHeader.parse(cut.span) { _ in Self.limit } == nil)
    }
  }
}

@Suite struct FrameLimitsTests {
  @Test func `believes little before the session is ready`() {
    let limits = FrameLimits()
    #expect(limits.duringStartup(tag: UInt8(ascii: "R")) == 2000)
    #expect(limits.duringStartup(tag: UInt8(ascii: "v")) == 2000)
    for tag in "ESKNZd".utf8 { #expect(limits.duringStartup(tag: tag) == 30_000) }
  }

  @Test func `afterwards believes only data and text to be long`() {
    let limits = FrameLimits(maximumLength: 1 << 20)
    for tag in "dDENAT".utf8 { #expect(limits.afterStartup(tag: tag) == 1 << 20) }
    for tag in "RSZKCcWGHvI".utf8 { #expect(limits.afterStartup(tag: tag) == 30_000) }
  }

  @Test(arguments: [Int.min, -1, 0, 100, 8191])
  func `has a least value`(length: Int) {
    let limits = FrameLimits(maximumLength: length)
    #expect(limits.maximumLength == 8192)
    #expect(limits.afterStartup(tag: UInt8(ascii: "Z")) == 8192)
    #expect(limits.duringStartup(tag: UInt8(ascii: "E")) == 8192)
  }
}
