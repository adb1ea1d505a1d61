import PGWire
import Testing

@Suite struct LSNTests {
  @Test(
    arguments: [
      ("0/0", 0), ("0/1", 1), ("16/B374D848", 0x16_B374_D848), ("16/b374d848", 0x16_B374_D848),
      ("0/01A2B3C4", 0x1A2_B3C4), ("FFFFFFFF/FFFFFFFF", UInt64.max),
      ("00000001/00000002", 1 << 32 | 2),
    ] as [(String, UInt64)])
  func `reads padded and unpadded text`(text: String, value: UInt64) {
    #expect(LSN(text) == LSN(rawValue: value))
  }

  @Test(arguments: [
    "", "/", "0/", "/0", "0", "0/1FFFFFFFF", "+1/0", "0/-1", " 0/1", "0/1 ", "0x1/2", "0/1/2",
    "G/0",
    "0/١",
  ])
  func `refuses everything else`(text: String) {
    #expect(LSN(text) == nil)
  }

  @Test func `prints unpadded upper case`() {
    #expect(LSN(rawValue: 0x16_00B3_74D8).description == "16/B374D8")
    #expect(LSN.zero.description == "0/0")
  }
}
