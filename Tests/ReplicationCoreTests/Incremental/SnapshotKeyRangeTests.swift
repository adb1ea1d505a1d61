import PGOutput
import Testing

@testable import ReplicationCore

/// Ranges of keys as consumers see them.
@Suite struct SnapshotKeyRangeTests {
  private static let numbers = KeyShape([
    KeyColumn(name: "id", type: KeyType(.builtin(.int8), comparesBytes: false))
  ])
  private static let words = KeyShape([
    KeyColumn(name: "Name", type: KeyType(.builtin(.text), comparesBytes: false)),
    KeyColumn(name: "n", type: KeyType(.builtin(.int4), comparesBytes: false)),
  ])

  @Test func `says what lies in it`() throws {
    let range = SnapshotKeyRange(
      KeyRange(start: KeyBound(.before, Key(10)), end: KeyBound(.after, Key(20))), Self.numbers)
    #expect([9, 10, 20, 21].map { range.contains(["\($0)"]) } == [false, true, true, false])
    #expect(range.description == "id >= 10 and id <= 20")
    #expect(range.start == .init(values: ["10"], isInclusive: true))
    #expect(range.end == .init(values: ["20"], isInclusive: true))
    #expect(
      try range.condition()
        == """
        "id" OPERATOR(pg_catalog.>=) '10'::"pg_catalog"."int8" AND \
        "id" OPERATOR(pg_catalog.<=) '20'::"pg_catalog"."int8"
        """)
    #expect(!range.isWholeTable && range.contains(["x"]) == nil && range.contains([]) == nil)
  }

  @Test func `half open ends are distinguished`() {
    let range = SnapshotKeyRange(
      KeyRange(start: KeyBound(.after, Key(10)), end: KeyBound(.before, Key(20))), Self.numbers)
    #expect([10, 11, 19, 20].map { range.contains(["\($0)"]) } == [false, true, true, false])
    #expect(range.description == "id > 10 and id < 20")
  }

  @Test func `what only the server can compare is not known`() throws {
    let start = KeyBound(.before, Key([.opaque(Array("m".utf8))]))
    let range = SnapshotKeyRange(KeyRange(start: start, end: nil), Self.words)
    #expect(range.contains(["z", "1"]) == nil)
    #expect(range.columns == ["Name", "n"] && range.description == "Name >= m")
  }

  @Test func `a table without bounds is whole`() throws {
    let range = SnapshotKeyRange(.everything, KeyShape([]))
    #expect(range.isWholeTable && range.contains([]) == true && range.description == "all rows")
    #expect(try range.condition() == nil)
  }
}
