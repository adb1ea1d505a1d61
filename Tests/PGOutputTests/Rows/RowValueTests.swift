import Foundation
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Rows as dictionaries.
@Suite struct RowValueTests {
  private static let table = Encoder.relation(
    7, "t",
    [
      .key("id", 20), .init("ok", 16), .init("ratio", 701), .init("amount", 1700),
      .init("name", 25), .init("tags", 1009), .init("grid", 1007), .init("at", 1184),
      .init("none", 23),
    ])

  private static let values: [String: RowValue] = [
    "id": .integer(-42), "ok": .bool(true), "ratio": .float(0.5), "amount": .text("12.50"),
    "name": .text("é"), "tags": .array([.text("a"), .null]),
    "grid": .array([.array([.integer(1), .integer(2)]), .array([.integer(3), .integer(4)])]),
    "at": .text("2000-01-01 00:00:00.000001+00"), "none": .null,
  ]

  private func dictionary(_ message: [UInt8]) throws -> [String: RowValue] {
    let rows = try RowFixture(after: Self.table)
    let values = try rows.read(message) { row throws(RowError) in try row.dictionary() }
    return try #require(values)
  }

  @Test func `columns have the values of their types, from text and binary`() throws {
    #expect(
      try dictionary(
        Encoder.insert(
          7,
          new: [
            "-42", "t", "0.5", "12.50", "é", "{a,NULL}", "{{1,2},{3,4}}",
            "2000-01-01 00:00:00.000001+00", nil,
          ])) == Self.values)
    let binary = try dictionary(
      Encoder.insert(
        7,
        new: [
          .binary([255, 255, 255, 255, 255, 255, 255, 214]), .binary([1]),
          .binary([0x3F, 0xE0, 0, 0, 0, 0, 0, 0]),
          .binary([0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]), .binary(Array("é".utf8)),
          "{a,NULL}", "{{1,2},{3,4}}", .binary([0, 0, 0, 0, 0, 0, 0, 1]), nil,
        ]))
    #expect(binary == Self.values)
  }

  @Test func `columns whose values aren't known are absent`() throws {
    let update = try dictionary(
      Encoder.update(
        7, new: ["1", "t", .unchanged, nil, nil, nil, .unchanged, nil, nil]))
    #expect(Set(update.keys) == ["id", "ok", "amount", "name", "tags", "at", "none"])
    let delete = try dictionary(
      Encoder.delete(7, key: ["1", nil, nil, nil, nil, nil, nil, nil, nil]))
    #expect(delete == ["id": .integer(1)])
  }

  @Test func `a value that is none of its type is an error`() {
    #expect(throws: (any Error).self) {
      try dictionary(
        Encoder.insert(7, new: ["x", nil, nil, nil, nil, nil, nil, nil, nil]))
    }
  }

  @Test func `a row goes to any encoder`() throws {
    struct Row: Decodable {
      let id: Int
      let ok: Bool
      let ratio: Double
      let amount: String
      let tags: [String?]
      let grid: [[Int]]
      let none: Int?
    }
    let values = try dictionary(
      Encoder.insert(
        7, new: ["7", "t", "0.5", "12.50", "é", "{a,NULL}", "{{1,2},{3,4}}", nil, nil]))
    let data = try PropertyListEncoder().encode(values)
    let row = try PropertyListDecoder().decode(Row.self, from: data)
    #expect(row.id == 7 && row.ok && row.ratio == 0.5 && row.amount == "12.50")
    #expect(row.tags == ["a", nil] && row.grid == [[1, 2], [3, 4]] && row.none == nil)
  }

  @Test func `a dictionary is encoded as JSON has it`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let values: [String: RowValue] = [
      "a": .array([.integer(1), .null, .float(.nan), .float(0.5)]), "b": .bool(false),
      "c": .text("x"),
    ]
    #expect(
      String(decoding: try encoder.encode(values), as: UTF8.self)
        == #"{"a":[1,null,"NaN",0.5],"b":false,"c":"x"}"#)
  }
}
