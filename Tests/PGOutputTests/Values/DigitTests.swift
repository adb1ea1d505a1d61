import PGOutput
import TestSupport
import Testing

/// Digits are read several at once, and no less strictly for that.
@Suite struct DigitTests {
  @Test(arguments: 1...20)
  func `any byte in place of another is another number or none`(length: Int) {
    let digits = Array("12345678901234567890".utf8.prefix(length))
    var wrong: [String] = []
    var read = 0
    for text in [digits, [UInt8(ascii: "-")] + digits] {
      for (index, byte) in text.indices.flatMap({ index in (0...255).map { (index, UInt8($0)) } }) {
        var bytes = text
        bytes[index] = byte
        let string = String(decoding: bytes, as: UTF8.self)
        let expected = Int64(string).flatMap { "\($0)" == string ? $0 : nil }
        let value = try? Int64(postgresText: bytes.span, type: .builtin(.int8))
        let numeric = PostgresNumeric(postgresText: bytes.span)
        if value != nil { read += 1 }
        if value != expected || expected != nil && numeric != expected.map({ PostgresNumeric($0) })
          || numeric.map({ $0.postgresText != string }) == true
        {
          wrong.append(string)
        }
      }
    }
    #expect(wrong == [])
    #expect(read > 0 || length == 20)
  }

  @Test func `numbers of each type end where the type does`() throws {
    let bounds: [(BuiltinType, least: String, greatest: String)] = [
      (.int2, "-32768", "32767"), (.int4, "-2147483648", "2147483647"),
      (.int8, "-9223372036854775808", "9223372036854775807"), (.oid, "0", "4294967295"),
      (.xid8, "0", "18446744073709551615"),
    ]
    let beyond: [BuiltinType: [String]] = [
      .int2: ["-32769", "32768"], .int4: ["-2147483649", "2147483648"],
      .int8: ["-9223372036854775809", "9223372036854775808"], .oid: ["-1", "4294967296"],
      .xid8: ["-1", "18446744073709551616", "99999999999999999999", "100000000000000000000"],
    ]
    for (type, least, greatest) in bounds {
      for text in [least, greatest] {
        let bytes = Array(text.utf8)
        let value = try? Int64(postgresText: bytes.span, type: .builtin(type))
        let unsigned = try? UInt64(postgresText: bytes.span, type: .builtin(type))
        #expect(value == Int64(text) && unsigned == UInt64(text), "\(text)")
      }
      for text in beyond[type] ?? [] {
        let bytes = Array(text.utf8)
        #expect(throws: PostgresValueError.malformed, "\(text)") {
          try UInt64(postgresText: bytes.span, type: .builtin(type))
        }
      }
    }
  }
}
