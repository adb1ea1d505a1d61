import PGOutput
import Testing

@testable import ReplicationCore

/// Keys are ordered as the server's btrees order them.
@Suite struct KeyTests {
  private func value(_ text: String, _ type: BuiltinType, comparesBytes: Bool = true) -> KeyValue? {
    let bytes = Array(text.utf8)
    return KeyValue(text: bytes.span, type: KeyType(.builtin(type), comparesBytes: comparesBytes))
  }

  /// Texts in the order that the server gives them, all different.
  static let orders: [(BuiltinType, [String])] = [
    (.bool, ["f", "t"]), (.int2, ["-32768", "-1", "0", "10"]),
    (.int8, ["-9223372036854775808", "9", "10"]), (.oid, ["0", "2147483648", "4294967295"]),
    (.float8, ["-Infinity", "-1.5", "0", "1e-300", "2", "Infinity", "NaN"]),
    (.float4, ["-1", "0.1", "NaN"]),
    (.numeric, ["-Infinity", "-10", "-9.5", "0", "0.00001", "9", "10", "Infinity", "NaN"]),
    (.uuid, ["00000000-0000-0000-0000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    (.date, ["-infinity", "4714-11-24 BC", "1999-12-31", "2000-01-01", "infinity"]),
    (.time, ["00:00:00", "00:00:00.000001", "24:00:00"]),
    (.timetz, ["12:00:00+02", "11:00:00+00", "10:00:00-01", "12:00:00+00"]),
    (.timestamp, ["-infinity", "1969-12-31 23:59:59", "2000-01-01 00:00:00", "infinity"]),
    (.timestamptz, ["1969-12-31 23:59:59+00", "2000-01-01 00:00:00+00"]),
    (.macaddr, ["08:00:2b:01:02:03", "80:00:2b:01:02:03"]), (.char, ["", "a", "\\200", "\\377"]),
    (.bytea, ["\\x", "\\x00", "\\x7f", "\\x80", "\\xff00"]),
    (.text, ["", " ", "A", "Z", "a", "a ", "ä", "\u{10FFFF}"]), (.name, ["A", "a"]),
    (.bpchar, ["", "A", "a", "a b"]),
  ]

  @Test(arguments: orders.indices)
  func `values are in the server's order`(index: Int) throws {
    let (type, texts) = Self.orders[index]
    let values = try texts.map { try #require(value($0, type), "\(type) \($0)") }
    for (left, leftValue) in values.enumerated() {
      for (right, rightValue) in values.enumerated() {
        #expect(
          leftValue.compare(rightValue) == KeyOrder(left, right), "\(texts[left]) \(texts[right])")
      }
    }
    let keyType = KeyType(.builtin(type), comparesBytes: true)
    for value in values {
      let text = value.text(type: keyType)
      #expect(KeyValue(text: text.span, type: keyType)?.compare(value) == .same)
    }
  }

  @Test func `equal values with different texts are the same key`() {
    #expect(value("1.0", .numeric)?.compare(value("1.000", .numeric) ?? .boolean(true)) == .same)
    #expect(value("-0", .float8)?.compare(value("0", .float8) ?? .boolean(true)) == .same)
    #expect(value("a  ", .bpchar)?.compare(value("a", .bpchar) ?? .boolean(true)) == .same)
    #expect(value("a  ", .text)?.compare(value("a", .text) ?? .boolean(true)) == .after)
  }

  @Test func `what only the server can order is undecided`() {
    for type in [BuiltinType.text, .bpchar, .inet, .interval, .jsonb] {
      let (left, right) = (
        value("a", type, comparesBytes: false), value("b", type, comparesBytes: false)
      )
      #expect(left?.compare(right ?? .boolean(true)) == nil)
      #expect(left?.compare(left ?? .boolean(true)) == .same)
    }
  }

  private func key(_ numbers: Int...) -> Key { Key(numbers.map { .integer(Int64($0)) }) }

  @Test func `a range has its start and not its end`() {
    let range = KeyRange(start: KeyBound(.before, key(1, 5)), end: KeyBound(.before, key(2)))
    #expect(range.contains(key(1, 4)) == false)
    #expect(range.contains(key(1, 5)) == true)
    #expect(range.contains(key(1, 99)) == true)
    #expect(range.contains(key(2, -5)) == false)
    let single = KeyRange(start: KeyBound(.before, key(1, 5)), end: KeyBound(.after, key(1, 5)))
    #expect(single.contains(key(1, 5)) == true && single.contains(key(1, 6)) == false)
    #expect(KeyRange.everything.contains(key(1, 6)) == true)
    #expect(KeyBound(.before, key(1)).compare(KeyBound(.before, key(1, -9))) == .before)
    #expect(KeyBound(.after, key(1)).compare(KeyBound(.after, key(1, 9))) == .after)
    #expect(range.isCut(by: KeyBound(.before, key(1, 5))) == false)
    #expect(range.isCut(by: KeyBound(.after, key(1, 5))) == true)
    #expect(range.isCut(by: KeyBound(.after, key(2))) == false)
  }

  private let shape = KeyShape([
    KeyColumn(name: "a\"", type: KeyType(.builtin(.int4), comparesBytes: false)),
    KeyColumn(
      name: "b", type: KeyType(.builtin(.text), comparesBytes: false),
      collation: CollationName(schema: "pg_catalog", name: "de-x-icu")),
  ])

  @Test func `conditions name every operator and quote every value`() throws {
    let end = Key([.integer(7), .opaque(Array("it's".utf8))])
    let range = KeyRange(start: KeyBound(.after, key(5)), end: KeyBound(.before, end))
    #expect(
      try range.condition(shape)?.text == #"""
        "a""" OPERATOR(pg_catalog.>) '5'::"pg_catalog"."int4" AND \#
        ROW("a""", "b") OPERATOR(pg_catalog.<) \#
        ROW('7'::"pg_catalog"."int4", 'it''s'::"pg_catalog"."text")
        """#)
    #expect(try KeyRange.everything.condition(shape) == nil)
    let zero = KeyRange(start: KeyBound(.before, Key([.integer(1), .opaque([0])])), end: nil)
    #expect(throws: ReplicationError.self) { try zero.condition(shape) }
    #expect(
      try shape.placesQuestion(keys: [end], bounds: [KeyBound(.after, end)]).text == """
        SELECT 0 OPERATOR(pg_catalog.+) CASE WHEN \
        ROW(key.c0, key.c1 COLLATE "pg_catalog"."de-x-icu") OPERATOR(pg_catalog.>) \
        ROW('7'::"pg_catalog"."int4", 'it''s'::"pg_catalog"."text") THEN 1 ELSE 0 END AS place \
        FROM (VALUES (0, '7'::"pg_catalog"."int4", 'it''s'::"pg_catalog"."text")) \
        AS key (n, c0, c1) ORDER BY key.n
        """)
  }

  @Test func `a range that was too large makes the following smaller`() throws {
    let shape = KeyShape([
      KeyColumn(name: "a", type: KeyType(.builtin(.int4), comparesBytes: false))
    ])
    let bounds = RangePlan.bounds(histogram: "{10,20,30,40,50,60,70}", shape)
    #expect(bounds.map(\.number) == [10, 20, 30, 40, 50, 60, 70])
    var plan = RangePlan(bounds: bounds, tableBytes: 800, rows: 80, targetBytes: 300)
    let first = KeyRange(start: nil, end: KeyBound(.before, Key(30)))
    #expect(plan.cut(.everything) == .at(KeyBound(.before, Key(30))))
    plan.measured(first, rows: 30, bytes: 600)
    let rest = KeyRange(start: KeyBound(.before, Key(30)), end: nil)
    #expect(plan.cut(rest) == .at(KeyBound(.before, Key(40))))
    plan.measured(
      KeyRange(start: KeyBound(.before, Key(30)), end: KeyBound(.before, Key(40))), rows: 70,
      bytes: 700)
    guard case .behindRows(let rows) = plan.cut(rest) else {
      Issue.record("the server is not asked")
      return
    }
    #expect((15...40).contains(rows))
    #expect(RangePlan.bounds(histogram: "{a,b", shape).isEmpty)
  }
}
