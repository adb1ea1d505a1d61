import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Single values, by type: their text as a server prints it, and their JSON.
@Suite struct JSONValueTests {
  private static func isError(_ text: String, _ typeOID: UInt32) -> Bool {
    do throws(FormatError) {
      _ = try Lines.value(text, typeOID)
      return false
    } catch {
      return true
    }
  }

  @Test func booleans() throws {
    #expect(try Lines.value("t", 16) == "true")
    #expect(try Lines.value("f", 16) == "false")
    for text in ["", "true", "x", "T"] { #expect(Self.isError(text, 16)) }
  }

  @Test(
    arguments: [
      (21, "-32768"), (21, "32767"), (23, "-2147483648"), (23, "2147483647"), (23, "0"),
      (20, "-9223372036854775808"), (20, "9223372036854775807"), (26, "4294967295"), (26, "0"),
    ] as [(UInt32, String)])
  func `whole numbers`(type: UInt32, text: String) throws {
    #expect(try Lines.value(text, type) == text)
  }

  @Test func `int8 values are strings if that is wanted, and no others`() throws {
    var options = JSONLineFormat.Options()
    options.largeIntegers = .string
    for text in ["9007199254740993", "-9223372036854775808", "0"] {
      #expect(try Lines.value(text, 20, options: options) == "\"\(text)\"")
    }
    #expect(
      try Lines.value("{{1,NULL},{-2,9223372036854775807}}", 1016, options: options)
        == #"[["1",null],["-2","9223372036854775807"]]"#)
    let large = PgOutputEncoder.type(70_000, namespace: "", name: "int8")
    #expect(try Lines.value("5", 70_000, type: large, options: options) == #""5""#)
    #expect(
      try Lines.value(column: .binary([0, 0x20, 0, 0, 0, 0, 0, 1]), 20, options: options)
        == #""9007199254740993""#)
    #expect(try Lines.value("5", 23, options: options) == "5")
    #expect(try Lines.value("4294967295", 26, options: options) == "4294967295")
    #expect(try Lines.value("[9007199254740993]", 114, options: options) == "[9007199254740993]")
    for text in ["", "1x", "9223372036854775808", "01"] {
      #expect(throws: FormatError.self) { try Lines.value(text, 20, options: options) }
    }
  }

  @Test(
    arguments: [
      (21, "-32769"), (21, "32768"), (23, "-2147483649"), (23, "2147483648"), (26, "-1"),
      (26, "4294967296"), (20, "9223372036854775808"), (20, "-9223372036854775809"),
      (20, "18446744073709551616"), (20, "99999999999999999999"), (23, ""), (23, "-"),
      (23, "+1"), (23, "01"), (23, "-0"), (23, "1.0"), (23, "1 "), (23, "1e3"), (23, "٣"),
    ] as [(UInt32, String)])
  func `what is no whole number of the type`(type: UInt32, text: String) {
    #expect(Self.isError(text, type))
  }

  @Test(arguments: [700, 701] as [UInt32])
  func `floating point`(type: UInt32) throws {
    for text in ["0", "-0", "1.1", "-1e-05", "1e+20", "1.7976931348623157e+308", "123456.78"] {
      #expect(try Lines.value(text, type) == text)
    }
    for text in ["NaN", "Infinity", "-Infinity"] {
      #expect(try Lines.value(text, type) == "\"\(text)\"")
    }
    for text in ["", "nan", "inf", ".5", "1.", "1e", "1e+", "0x10", "01", "--1", "1.1.1", "1,5"] {
      #expect(Self.isError(text, type))
    }
  }

  @Test func `numeric keeps all its digits, as a string`() throws {
    for text in [
      "0", "0.00", "-0.0001", "123456789012345678901234567890.123456789", "NaN", "Infinity",
      "-Infinity",
    ] {
      #expect(try Lines.value(text, 1700) == "\"\(text)\"")
    }
    for text in ["", "1e5", "1.", ".5", "1 000", "$1", "\"1"] { #expect(Self.isError(text, 1700)) }
  }

  @Test(
    arguments: [
      ("", #""""#), ("plain", #""plain""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
      ("\u{8}\t\n\u{C}\r\u{1}\u{1F}", #""\b\t\n\f\r\u0001\u001F""#),
      ("é ü 漢字 😀\u{A0}\u{2027}\u{202A}", "\"é ü 漢字 😀\u{A0}\u{2027}\u{202A}\""),
      ("\u{7F}\u{80}\u{9B}\u{9F}\u{2028}\u{2029}é", #""\u007F\u0080\u009B\u009F\u2028\u2029é""#),
      ("\u{7F}", #""\u007F""#),
      ("</script>", #""</script>""#),
    ])
  func `text is escaped as JSON asks`(text: String, json: String) throws {
    for type: UInt32 in [25, 1043, 1042, 19, 2950, 142, 99_999] {
      #expect(try Lines.value(text, type) == json)
    }
  }

  @Test(
    arguments: [
      [0xFF], [0x61, 0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xC2], [0xE2, 0x80], [0xF0, 0x9F, 0x98],
      [0xED, 0xA0, 0x80],
    ] as [[UInt8]])
  func `what is not UTF-8 is an error that says so`(bytes: [UInt8]) throws {
    for (type, bytes) in [
      (25, bytes), (114, [0x22] + bytes + [0x22]), (1009, [0x7B, 0x22] + bytes + [0x22, 0x7D]),
    ] as [(UInt32, [UInt8])] {
      let error = #expect(throws: FormatError.self) { try Lines.value(bytes, type) }
      guard case .value(.notUTF8, "public.t", "c", _, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.description.contains("isn't UTF-8") == true)
    }
  }

  @Test func `a byte as a character`() throws {
    #expect(try Lines.value("A", 18) == #""A""#)
    #expect(try Lines.value("", 18) == #""""#)
    // As servers print it since 16, and before.
    #expect(try Lines.value(#"\351"#, 18) == #""\\351""#)
    #expect(try Lines.value([0xE9], 18) == #""\\351""#)
    #expect(try Lines.value(column: .binary([0xE9]), 18) == #""\\351""#)
    #expect(try Lines.value([0x7B, 0xE9, 0x7D], 1002) == #"["\\351"]"#)
    #expect(Self.isError("ab", 18))
  }

  @Test(
    arguments: [
      ("2024-01-02 03:04:05.123+00", "2024-01-02T03:04:05.123Z"),
      ("2024-01-02 03:04:05+00", "2024-01-02T03:04:05Z"),
      ("2024-01-02 03:04:05.5+05:30", "2024-01-01T21:34:05.5Z"),
      ("1890-01-01 00:00:00+05:53:28", "1889-12-31T18:06:32Z"),
      ("12345-01-01 00:00:00.000001+00", "12345-01-01T00:00:00.000001Z"),
      ("0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC"),
      ("infinity", "infinity"), ("-infinity", "-infinity"),
    ])
  func `times with a zone`(text: String, json: String) throws {
    #expect(try Lines.value(text, 1184) == "\"\(json)\"")
  }

  @Test(
    arguments: [
      ("2024-01-02 03:04:05.123", "2024-01-02T03:04:05.123"),
      ("0001-01-01 00:00:00", "0001-01-01T00:00:00"),
      ("0044-03-15 00:00:00.5 BC", "0044-03-15 00:00:00.5 BC"),
      ("294276-12-31 23:59:59.999999", "294276-12-31T23:59:59.999999"),
      ("infinity", "infinity"), ("-infinity", "-infinity"),
    ])
  func `times without a zone`(text: String, json: String) throws {
    #expect(try Lines.value(text, 1114) == "\"\(json)\"")
  }

  @Test func `what is no time in ISO style`() {
    for text in ["", "2024-02-30 00:00:00", "01/06/2024 16:04:56.789 IST", "now", "2024-01-02"] {
      #expect(Self.isError(text, 1114))
      #expect(Self.isError(text, 1184))
    }
    #expect(Self.isError("2024-01-02 03:04:05+00", 1114))
    #expect(Self.isError("2024-01-02 03:04:05", 1184))
  }

  @Test(
    arguments: [
      (#"\x"#, #""\\x""#), (#"\x00ff10"#, #""\\x00ff10""#), ("", #""\\x""#),
      (#"\000\377\020"#, #""\\x00ff10""#), (#"a\\b"#, #""\\x615c62""#),
      (#"\\x00"#, #""\\x5c783030""#),
    ])
  func `bytes in both styles`(text: String, json: String) throws {
    #expect(try Lines.value(text, 17) == json)
  }

  @Test func `what is no bytea`() {
    for text in [#"\x0"#, #"\x0g"#, #"\"#, #"\1"#, #"\400"#, #"\08 "#, "é", "\n"] {
      #expect(Self.isError(text, 17))
    }
  }

  @Test(
    arguments: [
      "null", "true", "false", "0", "-1.5e+10", #""a\"\\\/\b\f\n\r\tA\ud83d\ude00\u0000""#, "[]",
      "{}",
      #"{"a": [1, null, {"b": "é"}], "c": ""}"#, "[[[]], {}]", #"{"a":1,"a":2}"#,
      #"["\\", "]", "}"]"#,
    ])
  func `documents are embedded`(text: String) throws {
    #expect(try Lines.value(text, 114) == text)
    #expect(try Lines.value(text, 3802) == text)
  }

  @Test func `line breaks in a document become spaces`() throws {
    #expect(
      try Lines.value("{\r\n\t\"a\\n\" :\n [ 1\n,\r2 ]\n}\n", 114)
        == "{  \t\"a\\n\" :  [ 1 , 2 ] } ")
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func `what strict parsers refuse is a string`() throws {
    for text in [
      Self.nested(51), Self.nested(100_000), #""\ud800""#, #""\udc00\ud800""#, #"{"\uD83D":1}"#,
      #""\ud83d\n\ude00""#, #"["\ud83d"]"#, "1e308", "-1e999999999999999999999", "[10e307]",
      "1" + String(repeating: "0", count: 308), "0.1e310",
    ] {
      let escaped = text.replacing(#"\"#, with: #"\\"#).replacing(#"""#, with: #"\""#)
      #expect(try Lines.value(text, 114) == #""\#(escaped)""#, "\(text.prefix(40))")
    }
    for text in [
      Self.nested(50), "1e307", "1e-999999999999999999999", "0e999", "0.00001e311",
      "1" + String(repeating: "0", count: 307), "-0.0",
    ] {
      #expect(try Lines.value(text, 114) == text, "\(text.prefix(40))")
    }
    #expect(Self.isError(String(Self.nested(100_000).dropLast()), 114))
    var options = JSONLineFormat.Options()
    options.maxDocumentNesting = 2
    #expect(try Lines.value("[[]]", 114, options: options) == "[[]]")
    #expect(try Lines.value("[[[]]]", 114, options: options) == #""[[[]]]""#)
  }

  @Test func `all documents are strings if that is wanted`() throws {
    var options = JSONLineFormat.Options()
    options.documents = .quote
    #expect(try Lines.value(#"{"a": "b"}"#, 114, options: options) == #""{\"a\": \"b\"}""#)
    #expect(try Lines.value("1", 3802, options: options) == #""1""#)
    #expect(try Lines.value("{1,null,NULL}", 199, options: options) == #"["1","null",null]"#)
    #expect(throws: FormatError.self) { try Lines.value("{", 114, options: options) }
  }

  @Test func `a document's invisible characters are escaped too`() throws {
    #expect(
      try Lines.value("[\"\u{7F}\u{9B}31m\u{2028}é\",\n1]", 114)
        == #"["\u007F\u009B31m\u2028é", 1]"#)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "tru", "[1,]", "[,1]", "[1 2]", "{1:2}", #"{"a"}"#, #"{"a":}"#,
    #"{"a":1,}"#, #"{"a":1"#, "[1}", "]", "1 2", "{}}", "\"a", "\"\n\"", #""\x""#, #""\u12g4""#,
    #""\u12"#, #""\"#, "01", "+1", ".5", "1.", "NaN", "'a'", "[1]x", "{,}", ":", "[\"a\":1]",
    #"{"a" 1}"#, "\u{FEFF}1",
  ])
  func `what is no document`(text: String) {
    #expect(Self.isError(text, 114))
    #expect(Self.isError(text, 3802))
  }

  @Test(
    arguments: [
      (1082, "2024-01-02"), (1083, "24:00:00"), (1186, "1 year -2 mons +3 days 04:05:06.7"),
      (2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), (3904, "[1,5)"), (869, "192.168.1.5/24"),
      (3908, #"["2000-01-01 00:00:00",)"#), (600, "(1.5,-2)"), (22, "1 2 3"), (3220, "0/1"),
    ] as [(UInt32, String)])
  func `other types are their text`(type: UInt32, text: String) throws {
    let escaped = text.replacing("\"", with: "\\\"")
    #expect(try Lines.value(text, type) == "\"\(escaped)\"")
  }

  @Test func `a domain is its base type`() throws {
    let posint = PgOutputEncoder.type(70_000, namespace: "", name: "int4")
    #expect(try Lines.value("5", 70_000, type: posint) == "5")
    #expect(throws: FormatError.self) { try Lines.value("x", 70_000, type: posint) }
    let flags = PgOutputEncoder.type(70_000, namespace: "", name: "_bool")
    #expect(try Lines.value("{t,f,NULL}", 70_000, type: flags) == "[true,false,null]")
    let when = PgOutputEncoder.type(70_000, namespace: "", name: "timestamptz")
    #expect(
      try Lines.value("2024-01-02 03:04:05+00", 70_000, type: when) == #""2024-01-02T03:04:05Z""#)
    let mood = PgOutputEncoder.type(70_000, namespace: "public", name: "int4")
    #expect(try Lines.value("happy", 70_000, type: mood) == #""happy""#)
  }
}
