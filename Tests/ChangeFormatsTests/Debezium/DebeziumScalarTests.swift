import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Values as Debezium has them, by type and by what the column is declared with.
@Suite struct DebeziumValueTests {
  private static let numeric: UInt32 = 1700

  /// The modifier of `numeric(precision, scale)`.
  private static func modifier(_ precision: Int32, _ scale: Int32) -> Int32 {
    4 + (precision << 16 | (scale & 0x7FF))
  }

  private static let cases: [(type: UInt32, modifier: Int32, text: String, json: String)] = [
    (16, -1, "t", "true"), (23, -1, "-5", "-5"), (26, -1, "4000000000", "4000000000"),
    (701, -1, "4.44", "4.44"), (701, -1, "NaN", #""NaN""#),
    (25, -1, "a\"b", #""a\"b""#), (114, -1, "{\"a\": 1}", #""{\"a\": 1}""#),
    (3802, -1, "[1]", #""[1]""#),
    (
      2950, -1, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      #""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#
    ),
    // Decimals: 1.10 is 110, 10.11 is rounded by the server; -0.01 is -1; 128 takes two bytes.
    (numeric, modifier(3, 2), "1.10", #""bg==""#), (numeric, modifier(4, 0), "10", #""Cg==""#),
    (numeric, modifier(3, 2), "-0.01", #""/w==""#), (numeric, modifier(3, 0), "128", #""AIA=""#),
    (numeric, modifier(3, 0), "-128", #""gA==""#), (numeric, modifier(3, 0), "-129", #""/38=""#),
    (numeric, modifier(3, 0), "0", #""AA==""#),
    (numeric, modifier(2, -3), "12000", #""DA==""#), (numeric, modifier(2, -3), "0", #""AA==""#),
    (numeric, modifier(30, 0), "18446744073709551616", #""AQAAAAAAAAAA""#),
    (numeric, modifier(30, 0), "-18446744073709551616", #""/wAAAAAAAAAA""#),
    (numeric, modifier(30, 0), "-9223372036854775808", #""gAAAAAAAAAA=""#),
    (numeric, modifier(30, 0), "9223372036854775808", #""AIAAAAAAAAAA""#),
    (numeric, -1, "10.1111", #"{"scale":4,"value":"AYr3"}"#),
    (numeric, -1, "10", #"{"scale":0,"value":"Cg=="}"#),
    (numeric, -1, "1.500", #"{"scale":1,"value":"Dw=="}"#),
    (numeric, -1, "0.00", #"{"scale":0,"value":"AA=="}"#),
    (790, -1, "$1,234.11", #""AeIT""#), (790, -1, "-$1,234.11", #""/h3t""#),
    (1082, -1, "2016-11-04", "17109"), (1082, -1, "infinity", "-2147472692"),
    (1082, -1, "-infinity", "-2147472691"), (1082, -1, "0044-03-15 BC", "-735160"),
    (1083, -1, "13:51:30", "49890000000"), (1083, 3, "13:51:30.123", "49890123"),
    (1083, 6, "24:00:00", "86400000000"),
    (1114, -1, "2016-11-04 13:51:30.123456", "1478267490123456"),
    (1114, 3, "2016-11-04 13:51:30.123", "1478267490123"),
    (1114, 0, "1936-10-25 22:10:12", "-1047174588000"),
    (1114, -1, "4713-12-31 23:59:59.999999 BC", "-210831897600000001"),
    (1114, -1, "infinity", "9223372036825200000"), (1114, -1, "-infinity", "-9223372036832400000"),
    (1184, -1, "2016-11-04 11:51:30.123456+00", #""2016-11-04T11:51:30.123456Z""#),
    (1184, -1, "2016-11-04 11:51:30+00", #""2016-11-04T11:51:30.000000Z""#),
    (1184, 0, "2016-11-04 11:51:30+00", #""2016-11-04T11:51:30Z""#),
    (1184, 2, "2016-11-04 11:51:30.5+00", #""2016-11-04T11:51:30.50Z""#),
    // No server declares these.
    (1184, 7, "2016-11-04 11:51:30.5+00", #""2016-11-04T11:51:30.500000Z""#),
    (1184, .max, "2016-11-04 11:51:30.5+00", #""2016-11-04T11:51:30.500000Z""#),
    (1184, .min, "2016-11-04 11:51:30.5+00", #""2016-11-04T11:51:30.500000Z""#),
    (1114, 7, "2016-11-04 13:51:30.123456", "1478267490123456"),
    (1083, .min, "13:51:30", "49890000000"), (numeric, .min, "10", #"{"scale":0,"value":"Cg=="}"#),
    (numeric, .max, "0", #""AA==""#),
    (1184, -1, "21016-11-04 06:51:30.123456+00", #""+21016-11-04T06:51:30.123456Z""#),
    (1184, -1, "4714-12-31 23:59:59.999999+00 BC", #""-4713-12-31T23:59:59.999999Z""#),
    (1184, -1, "0001-01-01 00:00:00+00 BC", #""0000-01-01T00:00:00.000000Z""#),
    (1184, -1, "infinity", #""infinity""#),
    (1266, -1, "13:51:30.123789+02", #""11:51:30.123789Z""#),
    (1266, -1, "13:51:30.5+02:30", #""11:21:30.5Z""#), (1266, -1, "01:00:00+02", #""23:00:00Z""#),
    (1266, -1, "24:00:00+00", #""24:00:00Z""#),
    // (14 months × 30.4375 + 3) days and the time.
    (1186, -1, "1 year 2 mons 3 days 04:05:06.78", "37091106780000"),
    (1186, -1, "-00:00:01.5", "-1500000"), (1186, -1, "-1 mons +1 day", "-2543400000000"),
    (1186, -1, "178000000 years", "9223372036854775807"),
    (1186, -1, "infinity", "9223372036854775807"), (1186, -1, "-infinity", "-9223372036854775808"),
    (17, -1, #"\x010203"#, #""AQID""#),
    (1560, 1, "0", "false"), (1560, 1, "1", "true"), (1562, 1, "1", "true"),
    (1560, 2, "11", #""Aw==""#), (1560, 7, "1000000", #""QA==""#), (1562, 2, "00", #""""#),
    (1562, -1, "101", #""BQ==""#), (1562, 24, "000000110000001000000001", #""AQID""#),
    (1562, -1, "111011010001000110000001000000001", #""AQIj2gE=""#),
    (600, -1, "(1,1)", #"{"x":1,"y":1,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAPA/","srid":null}"#),
    (
      600, -1, "(NaN,Infinity)",
      #"{"x":"NaN","y":"Infinity","wkb":"AQEAAAAAAAAAAAD4fwAAAAAAAPB/","srid":null}"#
    ),
    (718, -1, "<(1,2),3>", #""<(1,2),3>""#),
    (1007, -1, "{1,NULL,3}", "[1,null,3]"), (1009, -1, "{}", "[]"),
    (1231, modifier(10, 2), "{1.10,2.22}", #"["bg==","AN4="]"#),
    (1231, -1, "{1.1,NULL}", #"[{"scale":1,"value":"Cw=="},null]"#),
    (1182, -1, "{2016-11-04,2016-11-05}", "[17109,17110]"),
    (1185, -1, #"{"2020-04-01 11:51:02+00"}"#, #"["2020-04-01T11:51:02.000000Z"]"#),
    (1115, 3, #"{"2020-04-01 00:01:02"}"#, "[1585699262000]"),
    (1001, -1, #"{"\\x000102","\\x030405"}"#, #"["AAEC","AwQF"]"#),
    (1007, -1, "{{1,2},{3,4}}", "[[1,2],[3,4]]"),
  ]

  @Test(arguments: cases.indices)
  func `a value`(index: Int) throws {
    let (type, modifier, text, json) = Self.cases[index]
    #expect(
      try DebeziumLines.value(.text(Array(text.utf8)), type, modifier: modifier) == json,
      "type \(type): \(text)")
  }

  @Test func `a number of many digits`() throws {
    let text = "1" + String(repeating: "0", count: 200)
    #expect(
      try DebeziumLines.value(.text(Array(text.utf8)), Self.numeric)
        == #"{"scale":0,"value":"AU5xjX12JaLZaFHxWALKw7aBQe6ZtEQnMGjsE98kk5H926YMaE1FRgie"#
        + "h96JtDprzT8Wk4KIdTy5suEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" + #""}"#)
    let negative = "-1" + String(repeating: "0", count: 59) + "1"
    #expect(
      try DebeziumLines.value(
        .text(Array(negative.utf8)), Self.numeric, modifier: Self.modifier(70, 0))
        == #""/2Cw2NnoZd26/iidvdNrmm8m7/////////8=""#)
  }

  @Test func `what stands for a value that wasn't sent`() throws {
    let bytes =
      "95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,"
      + "118,97,108,117,101"
    for (type, json) in [
      (25, #""__debezium_unavailable_value""#), (3802, #""__debezium_unavailable_value""#),
      (1700, #""__debezium_unavailable_value""#), (3614, #""__debezium_unavailable_value""#),
      (17, #""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#),
      (1009, #"["__debezium_unavailable_value"]"#), (1231, #"["__debezium_unavailable_value"]"#),
      (1001, #"["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="]"#),
      (1007, "[\(bytes)]"), (1016, "[\(bytes)]"), (1182, "[\(bytes)]"),
      (2951, #"["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]"#),
    ] as [(UInt32, String)] {
      #expect(try DebeziumLines.value(.unchanged, type) == json, "type \(type)")
    }
  }

  @Test func `text that no server prints is refused`() throws {
    for (type, text) in [
      (1082, "soon"), (1083, "25:00:00"), (1184, "2020-01-01 00:00:00"), (1186, "P1D"),
      (1700, "1e5"), (17, "x"), (1560, "012"), (600, "(1)"), (790, "$"),
    ] as [(UInt32, String)] {
      #expect(throws: FormatError.self, "type \(type)") {
        try DebeziumLines.value(.text(Array(text.utf8)), type)
      }
    }
    // Digits that the declared scale has no place for.
    #expect(throws: FormatError.self) {
      try DebeziumLines.value(
        .text(Array("1.234".utf8)), Self.numeric, modifier: Self.modifier(3, 2))
    }
  }
}
