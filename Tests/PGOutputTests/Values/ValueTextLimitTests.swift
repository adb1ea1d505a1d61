import CAllocationCounter
import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

/// A short value may have a long text, but none beyond the limit, and none costs more than it.
@Suite struct ValueTextLimitTests {
  private static let made = TypeName(oid: 100_000, namespace: "public", name: "made")

  /// Composites of one field each, one in the other, around a text.
  private static func nested(_ depth: UInt32, around text: String) -> (PostgresType, [UInt8]) {
    let catalog = TypeCatalog(
      (0..<depth).map { level in
        .init(
          TypeName(oid: 100_000 + level, namespace: "public", name: "t\(level)"),
          .composite(fields: [.init(name: "f", typeOID: level == 0 ? 25 : 99_999 + level)]))
      })
    var value = Array(text.utf8)
    for level in 0..<depth {
      value =
        number(1) + number(level == 0 ? 25 : 99_999 + level) + number(UInt32(value.count)) + value
    }
    return (catalog.type(oid: 99_999 + depth), value)
  }

  private static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  private static func text(
    _ type: PostgresType, _ value: [UInt8], limit: Int? = nil
  ) throws(PostgresValueError) -> [UInt8] {
    var output: [UInt8] = []
    try type.appendText(
      ofBinary: value.span, to: &output, limit: limit.map { ValueTextLimit(bytes: $0) })
    return output
  }

  @Test func `quotes double at each level, as the server prints them`() throws {
    let (type, value) = Self.nested(3, around: "a\"b")
    let text = try Self.text(type, value)
    #expect(String(decoding: text, as: UTF8.self) == #"("(""(""""a""""""""b"""")"")")"#)
  }

  @Test func `a limit is kept to the byte, and is in the error`() throws {
    let (type, value) = Self.nested(10, around: "a\"b")
    let whole = try Self.text(type, value)
    #expect(try Self.text(type, value, limit: whole.count) == whole)
    for limit in [0, 1, 100, whole.count / 2, whole.count - 1] {
      #expect(throws: PostgresValueError.tooLong(limit: limit)) {
        try Self.text(type, value, limit: limit)
      }
    }
  }

  @Test func `a text that would have gigabytes costs no more than its limit`() throws {
    guard allocation_counter_works() == 1 else { return }
    // 60 levels: 2^60 quotes.
    let (type, value) = Self.nested(60, around: "\"")
    #expect(value.count < 1000)
    let costs = [1 << 14, 1 << 14, 1 << 16].map { limit in
      let before = bytes_of_this_thread()
      #expect(throws: PostgresValueError.tooLong(limit: limit)) {
        try Self.text(type, value, limit: limit)
      }
      return bytes_of_this_thread() - before
    }
    #expect(costs[2] <= 5 * costs[1], "\(costs)")
    #expect(costs[2] < 100 << 16, "\(costs)")
  }

  @Test func `an array of numbers with many zeros is bounded`() throws {
    // 1e131071: one digit of base 10000, 32767 places up.
    let digit: [UInt8] = [0, 1, 0x7F, 0xFF, 0, 0, 0, 0, 0x03, 0xE8]
    let item = Self.number(10) + digit
    let array =
      Self.number(1) + Self.number(0) + Self.number(1700) + Self.number(4000) + Self.number(1)
      + (0..<4000).flatMap { _ in item }
    let type = PostgresType(.array(.numeric))
    #expect(throws: PostgresValueError.tooLong(limit: 1 << 20)) {
      try Self.text(type, array, limit: 1 << 20)
    }
  }

  @Test func `what a value was sent as counts`() {
    #expect(ValueTextLimit.standard(forByteCount: 5).bytes == ValueTextLimit.defaultBytes)
    #expect(ValueTextLimit.standard(forByteCount: 100 << 20).bytes == 800 << 20)
    #expect(ValueTextLimit.standard(forByteCount: .max).bytes == .max)
  }

  @Test(arguments: [
    (ValueTextStyle(), "infinity", "0/1A", "$12.35"),
    (
      ValueTextStyle(serverVersion: 16, moneyScale: 0),
      "178956970 years 7 mons 2147483647 days "
        + "2562047788:00:54.775807", "0/1A", "$1,235"
    ),
    (ValueTextStyle(serverVersion: 19, moneyScale: 3), "infinity", "0/0000001A", "$1.235"),
  ])
  func `text is the server's and the database's`(
    style: ValueTextStyle, interval: String, position: String, money: String
  ) throws {
    for (type, hex, text) in [
      (.interval, "7fffffffffffffff7fffffff7fffffff", interval),
      (.pgLSN, "000000000000001a", position), (.money, "00000000000004d3", money),
    ] as [(BuiltinType, String, String)] {
      var output: [UInt8] = []
      try PostgresType.builtin(type)
        .appendText(ofBinary: bytes(hex: hex).span, to: &output, style: style)
      #expect(String(decoding: output, as: UTF8.self) == text)
    }
  }
}
