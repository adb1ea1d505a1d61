import PGWire
import Testing

@Suite struct ByteWriterTests {
  @Test func `writes big-endian numbers`() {
    var writer = ByteWriter()
    writer.write(UInt8(0xFE))
    writer.write(UInt16(0x0102))
    writer.write(UInt32(0x0304_0506))
    writer.write(UInt64(0x0708_090A_0B0C_0D0E))
    writer.write(Int16(-2))
    writer.write(Int32(-3))
    writer.write(Int64(-4))
    writer.write(LSN(rawValue: 1 << 32))
    let expected: [UInt8] = [
      0xFE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFD, 0xFF,
      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC, 0, 0, 0, 1, 0, 0, 0, 0,
    ]
    #expect(writer.bytes == expected)
  }

  @Test func `reads back what it wrote`() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 1...200 {
      let number = UInt64.random(in: .min ... .max, using: &generator)
      var writer = ByteWriter()
      writer.write(number)
      writer.write(Int64(bitPattern: number))
      writer.write(UInt32(truncatingIfNeeded: number))
      writer.write(Int32(truncatingIfNeeded: number))
      writer.write(UInt16(truncatingIfNeeded: number))
      writer.write(Int16(truncatingIfNeeded: number))
      var rest = writer.bytes.span
      #expect(try rest.readUInt64() == number)
      #expect(try rest.readInt64() == Int64(bitPattern: number))
      #expect(try rest.readUInt32() == UInt32(truncatingIfNeeded: number))
      #expect(try rest.readInt32() == Int32(truncatingIfNeeded: number))
      #expect(try rest.readUInt16() == UInt16(truncatingIfNeeded: number))
      #expect(try rest.readInt16() == Int16(truncatingIfNeeded: number))
      #expect(rest.count == 0)
    }
  }

  @Test func `ends strings with a zero byte`() {
    var writer = ByteWriter()
    writer.writeCString("ä")
    writer.writeCString("")
    #expect(writer.bytes == [0xC3, 0xA4, 0, 0])
  }

  @Test func `fills lengths in that count themselves`() {
    var writer = ByteWriter()
    writer.writeMessage(tag: 0x51) { $0.write(UInt8(7)) }
    writer.writeMessage(tag: 0x63) { _ in }
    writer.writeLengthPrefixed { $0.write(contentsOf: [UInt8](repeating: 1, count: 300)) }
    #expect(writer.bytes.prefix(15) == [0x51, 0, 0, 0, 5, 7, 0x63, 0, 0, 0, 4, 0, 0, 1, 0x30])
    #expect(writer.bytes.count == 15 + 300)
  }
}
