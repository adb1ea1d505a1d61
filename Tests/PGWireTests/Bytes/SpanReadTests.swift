import PGWire
import Testing

@Suite struct SpanReadTests {
  @Test func `reads big-endian numbers off the front`() throws {
    let bytes: [UInt8] = [
      0x01, 0x02, 0x03, 0x80, 0x00, 0x00, 0x01, 0xFF, 0xFE, 0, 0, 0, 0, 0, 0, 0, 0x2A, 0xFF, 0xFF,
      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48, 9,
    ]
    var rest = bytes.span
    #expect(try rest.readUInt8() == 1)
    #expect(try rest.readUInt16() == 0x0203)
    #expect(try rest.readUInt32() == 0x8000_0001)
    #expect(try rest.readInt16() == -2)
    #expect(try rest.readUInt64() == 42)
    #expect(try rest.readInt64() == -2)
    #expect(try rest.readLSN() == LSN("16/B374D848"))
    #expect(rest.count == 1)
    #expect(try rest.readUInt8() == 9)
    #expect(rest.count == 0)
  }

  @Test func `takes nothing when too little is left`() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
    for count in 0...7 {
      let cut = Array(bytes[..<count])
      var rest = cut.span
      expectTruncated(count, needed: 8) { (span) throws(WireError) in _ = try span.readUInt64() }
      expectTruncated(count, needed: 8) { (span) throws(WireError) in _ = try span.readInt64() }
      expectTruncated(count, needed: 8) { (span) throws(WireError) in _ = try span.readLSN() }
      expectTruncated(count, needed: 4) { (span) throws(WireError) in _ = try span.readUInt32() }
      expectTruncated(count, needed: 4) { (span) throws(WireError) in _ = try span.readInt32() }
      expectTruncated(count, needed: 2) { (span) throws(WireError) in _ = try span.readUInt16() }
      expectTruncated(count, needed: 2) { (span) throws(WireError) in _ = try span.readInt16() }
      expectTruncated(count, needed: 1) { (span) throws(WireError) in _ = try span.readUInt8() }
      rest = cut.span
      #expect(rest.count == count)
    }
  }

  private func expectTruncated(
    _ count: Int, needed: Int, _ read: (inout Span<UInt8>) throws(WireError) -> Void
  ) {
    let bytes = [UInt8](repeating: 7, count: count)
    var rest = bytes.span
    do throws(WireError) {
      try read(&rest)
      #expect(count >= needed)
      #expect(rest.count == count - needed)
    } catch {
      #expect(count < needed)
      #expect(error == .truncated(needed: needed, available: count))
      #expect(rest.count == count)
    }
  }

  @Test(arguments: [-1, 4, Int.max, Int.min])
  func `refuses a count of bytes that are not there`(count: Int) {
    let bytes: [UInt8] = [1, 2, 3]
    #expect(throws: WireError.truncated(needed: count, available: 3)) {
      var rest = bytes.span
      try rest.skip(count)
    }
    #expect(throws: WireError.truncated(needed: count, available: 3)) {
      var rest = bytes.span
      _ = try rest.readBytes(count)
    }
  }

  @Test func `skips and copies exactly as much as asked`() throws {
    let bytes: [UInt8] = [1, 2, 3, 4]
    var rest = bytes.span
    try rest.skip(1)
    #expect(try rest.readBytes(2) == [2, 3])
    #expect(try rest.readBytes(0).isEmpty)
    #expect(rest.copied() == [4])
  }

  @Test func `reads strings up to their zero byte`() throws {
    let bytes = Array("ä\0\0b".utf8)
    var rest = bytes.span
    #expect(try rest.readCString() == "ä")
    #expect(try rest.readCString().isEmpty)
    #expect(rest.count == 1)
    #expect(throws: WireError.unterminatedString) {
      var rest = Array(bytes[4...]).span
      _ = try rest.readCString()
    }
    let none: [UInt8] = []
    #expect(throws: WireError.unterminatedString) {
      var rest = none.span
      _ = try rest.readCString()
    }
  }

  @Test(arguments: [[0xC3], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
  func `refuses text that is not UTF-8`(text: [UInt8]) {
    #expect(throws: WireError.invalidUTF8) { try text.span.utf8String() }
    let string = text + [0]
    #expect(throws: WireError.invalidUTF8) {
      var rest = string.span
      _ = try rest.readCString()
    }
    #expect(text.span.lossyString().contains("\u{FFFD}"))
  }

  @Test func `tells what is left over`() throws {
    let bytes: [UInt8] = [1, 2]
    #expect(throws: WireError.trailingBytes(count: 2)) { try bytes.span.expectEnd() }
    try bytes.span.extracting(first: 0).expectEnd()
  }
}
