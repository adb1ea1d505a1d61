import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Columns that are left out, masked, hashed or cut off.
@Suite struct ColumnTreatmentTests {
  typealias Encoder = PgOutputEncoder

  private static let fox = "The quick brown fox jumps over the lazy dog"
  /// With the key "key".
  private static let foxHash = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"

  private func filter(_ treatment: ColumnTreatment) -> ChangeFilter {
    ChangeFilter(
      columns: [ColumnRule(TablePattern(schema: "public", table: "t"), "c", treatment)])
  }

  private func lines(
    _ treatment: ColumnTreatment, _ typeOID: UInt32 = 25, identity: Character = "d"
  ) throws -> Lines {
    var options = JSONLineFormat.Options()
    options.filter = filter(treatment)
    return try Lines(
      options: options,
      after: Encoder.relation(
        7, "t", identity: identity,
        identity == "f"
          ? [.key("id", 23), .key("c", typeOID), .key("n", 23)]
          : [.key("id", 23), .init("c", typeOID), .init("n", 23)]))
  }

  private func events(_ treatment: ColumnTreatment) throws -> Records<DebeziumFormat> {
    var options = DebeziumFormat.Options(name: "n", database: "d", version: "1")
    options.filter = filter(treatment)
    var records = try Records(
      DebeziumFormat(options: options),
      after: Encoder.relation(7, "t", [.key("id", 23), .init("c", 25), .init("n", 23)]))
    records.describe(
      TableDescription(
        oid: 7, primaryKey: ["id"],
        columns: [.init(name: "c", isNotNull: true, defaultExpression: "'secret'::text")]))
    return records
  }

  /// The rows of a line.
  private func rows(_ line: String) -> String {
    let start = line.firstRange(of: #""table":"t","#)?.upperBound ?? line.startIndex
    return String(line[start...].dropLast(2))
  }

  @Test func `a column is left out of all rows`() throws {
    var lines = try lines(.leftOut)
    #expect(
      try rows(lines.next(Encoder.insert(7, new: ["1", "x", "2"]))) == #""new":{"id":1,"n":2}"#)
    #expect(
      try rows(lines.next(Encoder.update(7, new: ["1", .unchanged, "2"])))
        == #""identity":"none","old":null,"new":{"id":1,"n":2}"#)
    var full = try self.lines(.leftOut, identity: "f")
    #expect(
      try rows(full.next(Encoder.update(7, old: ["1", "x", "2"], new: ["1", "y", "3"])))
        == #""identity":"full","old":{"id":1,"n":2},"new":{"id":1,"n":3}"#)
    var events = try events(.leftOut)
    #expect(
      try events.next(Encoder.insert(7, new: ["1", "x", "2"]))[0].contains(
        #""after":{"id":1,"n":2},"source""#))
    #expect(
      try events.next(Encoder.delete(7, key: ["1", nil, nil]))[0].contains(
        #""before":{"id":1,"n":null},"after":null"#))
  }

  @Test func `a mask replaces whatever there is, and what there isn't`() throws {
    var lines = try lines(.masked(with: "*\"*"))
    let masked = #""new":{"id":1,"c":"*\"*","n":2}"#
    for value in ["x", nil, .text([0xFF]), .binary([1])] as [Encoder.Column] {
      #expect(try rows(lines.next(Encoder.insert(7, new: ["1", value, "2"]))) == masked)
    }
    #expect(
      try rows(lines.next(Encoder.update(7, new: ["1", .unchanged, "2"])))
        == #""identity":"none","old":null,"# + masked)
    var events = try events(.masked(with: "*"))
    #expect(
      try events.next(Encoder.delete(7, key: ["1", nil, nil]))[0].contains(
        #""before":{"id":1,"c":"*","n":null},"after":null"#))
  }

  @Test func `a hash is that of the text, from both forms`() throws {
    let key = ColumnTreatment.hashed(key: Password("key"))
    var lines = try lines(key)
    #expect(
      try rows(lines.next(Encoder.insert(7, new: ["1", .text(Array(Self.fox.utf8)), "2"])))
        == #""new":{"id":1,"c":"\#(Self.foxHash)","n":2}"#)
    #expect(
      try rows(lines.next(Encoder.insert(7, new: ["1", nil, "2"])))
        == #""new":{"id":1,"c":null,"n":2}"#)
    #expect(
      try rows(lines.next(Encoder.update(7, new: ["1", .unchanged, "2"])))
        == #""identity":"none","old":null,"new":{"id":1,"n":2},"unchanged":["c"]"#)
    var numbers = try self.lines(key, 23)
    let text = try numbers.next(Encoder.insert(7, new: ["1", "42", "2"]))
    #expect(
      text.contains(
        #""c":"f2991b7ce981d0b5adc5e6a0f31acaeb407bfc21354bbcc31a0c43eaffa83d65""#))
    #expect(
      try numbers.next(Encoder.insert(7, new: ["1", .binary([0, 0, 0, 42]), "2"])) == text)
    // Another key gives another hash.
    var other = try self.lines(.hashed(key: Password("yek")), 23)
    #expect(try other.next(Encoder.insert(7, new: ["1", "42", "2"])) != text)
    var events = try events(key)
    #expect(
      try events.next(Encoder.delete(7, key: ["1", nil, nil]))[0].contains(
        #""before":{"id":1,"c":null,"n":null},"after":null"#))
  }

  @Test(
    arguments: [
      ("abc", 2, "ab"), ("abc", 3, "abc"), ("abc", 9, "abc"), ("abc", 0, ""), ("é😀x", 2, "é😀"),
      ("", 2, ""), ("a\"b", 2, "a\\\""),
    ])
  func `a text is cut off after a number of characters`(
    text: String, count: Int, json: String
  ) throws {
    var lines = try lines(.truncated(to: count), 1043)
    let expected = #""new":{"id":1,"c":"\#(json)","n":2}"#
    for value in [.text(Array(text.utf8)), .binary(Array(text.utf8))] as [Encoder.Column] {
      #expect(try rows(lines.next(Encoder.insert(7, new: ["1", value, "2"]))) == expected)
    }
  }

  @Test func `a value that can't be treated is an error that leaves nothing`() throws {
    var lines = try lines(.truncated(to: 9))
    #expect(
      throws: FormatError.value(
        .notUTF8, table: "public.t", column: "c", type: "text",
        lsn: LSN(rawValue: 0x1A2_B300))
    ) {
      try lines.next(Encoder.insert(7, new: ["1", .text([0xFF]), "2"]))
    }
    var numbers = try self.lines(.hashed(key: Password("key")), 23)
    #expect(throws: FormatError.self) {
      try numbers.next(Encoder.insert(7, new: ["1", .binary([1]), "2"]))
    }
  }
}
