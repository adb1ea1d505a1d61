import PGOutput
import PGOutputTestSupport
import Testing

/// What ranges and arrays say in text, they say in binary too.
@Suite struct ContainerTextTests {
  private typealias Numbers = PostgresRange<PostgresNumeric>

  @Test(arguments: [
    ("[1.5,2.5]", "06", true, true), ("[1.5,2.5)", "02", true, false),
    ("(1.5,2.5]", "04", false, true), ("(1.5,2.5)", "00", false, false),
  ])
  func `a range has the ends that the server says`(
    text: String, flags: String, lower: Bool, upper: Bool
  ) throws {
    let type = PostgresType.builtin(.numrange)
    let first = try #require(PostgresNumeric(postgresText: "1.5"))
    let last = try #require(PostgresNumeric(postgresText: "2.5"))
    let expected = Numbers.between(
      .init(first, isInclusive: lower), .init(last, isInclusive: upper))
    let utf8 = Array(text.utf8)
    #expect(try Numbers(postgresText: utf8.span, type: type) == expected)
    let binary = bytes(
      hex: """
        \(flags) 0000000c 0002 0000 0000 0001 0001 1388 0000000c 0002 0000 0000 0001 0002 1388
        """)
    #expect(try Numbers(postgresBinary: binary.span, type: type) == expected)
    #expect(try String(postgresBinary: binary.span, type: type) == text)
  }

  @Test(arguments: [("NULL", "4e554c4c"), ("null", "6e756c6c"), ("Null", "4e756c6c")])
  func `an element with the letters of NULL is quoted`(word: String, hex: String) throws {
    let type = PostgresType(.array(.text))
    let binary = bytes(
      hex: "00000001 00000000 00000019 00000001 00000001 00000004 \(hex)")
    let text = #"{"\#(word)"}"#
    #expect(try String(postgresBinary: binary.span, type: type) == text)
    let utf8 = Array(text.utf8)
    #expect(try [String?](postgresText: utf8.span, type: type) == [word])
  }

  @Test func `NULL without quotes is NULL`() throws {
    let utf8 = Array("{a,NULL}".utf8)
    let type = PostgresType(.array(.text))
    #expect(try [String?](postgresText: utf8.span, type: type) == ["a", nil])
  }
}
