import ChangeSinks
import PGWire
import Testing

@testable import RedisSink

@Suite struct RedisArgumentsTests {
  private func text(_ arguments: RedisArguments) -> String {
    String(decoding: arguments.bytes, as: UTF8.self)
  }

  @Test func `arguments are bulk strings, counted in bytes`() {
    let arguments = RedisArguments("SET", "", "für")
    #expect(arguments.count == 3)
    #expect(text(arguments) == "$3\r\nSET\r\n$0\r\n\r\n$4\r\nfür\r\n")
    #expect(RedisArguments.head(count: 12) == Array("*12\r\n".utf8))
  }

  @Test func `bytes may be any`() {
    var arguments = RedisArguments()
    let bytes: [UInt8] = [0, 0x0D, 0x0A, 0xFF]
    arguments.append(bytes)
    #expect(arguments.bytes == Array("$4\r\n".utf8) + bytes + [0x0D, 0x0A])
  }

  private static let ids: [(UInt64, UInt64, String)] = [
    (0, 0, "0-0"), (0, 1, "0-1"), (9, 10, "9-10"), (100, 99, "100-99"),
    (.max, .max, "18446744073709551615-18446744073709551615"),
  ]

  @Test(arguments: ids)
  func `a place is an id`(lsn: UInt64, index: UInt64, id: String) {
    let position = SinkPosition(lsn: LSN(rawValue: lsn), index: index)
    var arguments = RedisArguments()
    arguments.append(position)
    #expect(text(arguments) == "$\(id.utf8.count)\r\n\(id)\r\n")
    #expect(position.streamID == id)
    #expect(SinkPosition(streamID: id) == position)
  }

  @Test(arguments: ["", "1", "-", "1-", "-1", "1-2-3", "a-1", "18446744073709551616-0"])
  func `other texts are no ids`(text: String) {
    #expect(SinkPosition(streamID: text) == nil)
  }

  @Test func `the place that follows is the least one above`() {
    func following(_ id: String) -> String? {
      SinkPosition(streamID: id)?.following?.streamID
    }
    #expect(following("7-8") == "7-9")
    #expect(following("7-18446744073709551615") == "8-0")
    #expect(following("18446744073709551615-18446744073709551615") == nil)
  }
}
