import Testing

@testable import ReplicationCore

@Suite struct SlotNameTests {
  @Test(arguments: ["s", "_", "0", "abc_123", String(repeating: "a", count: 63)])
  func `takes what a server takes`(name: String) throws {
    #expect(try SlotName(name).text == name)
  }

  @Test(arguments: [
    "", "A", "a-b", "a b", "a.b", "ü", "a\0", "a\"", "a'", "s\n", "٣",
    String(repeating: "a", count: 64),
  ])
  func `refuses what a server refuses`(name: String) {
    #expect(throws: ReplicationError.self) { try SlotName(name) }
  }
}
