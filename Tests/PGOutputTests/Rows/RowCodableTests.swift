import CDCTime
import Foundation
import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@Suite struct RowCodableTests {
  private static let orders = Encoder.relation(
    7, "orders",
    [
      .key("id", 20), .init("created_at", 1184), .init("total", 1700), .init("note", 25),
      .init("tags", 1009), .init("data", 17), .init("state", 25), .init("ref", 2950),
    ])

  private static func insert(state: String = "open", note: Encoder.Column = .null) -> [UInt8] {
    Encoder.insert(
      7,
      new: [
        text("42"), text("2024-01-02 03:04:05+00"), text("12.50"), note, text("{a,NULL}"),
        text("\\x00ff"), text(state), text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
      ])
  }

  private static func text(_ text: String) -> Encoder.Column { .text(Array(text.utf8)) }

  private enum State: String, Decodable { case open, closed }

  private struct Order: Decodable {
    let id: Int64
    let createdAt: PostgresTimestamp
    let total: PostgresNumeric
    let note: String?
    let tags: [String?]
    let data: Data
    let state: State
    let ref: UUID
    let absent: Int?
  }

  /// Decodes outside the closure that only lets `RowError` through.
  private func decode<Value: Decodable>(
    _: Value.Type, _ message: [UInt8], _ keys: RowKeyStrategy = .asIs
  ) throws -> Value {
    let rows = try RowFixture(after: Self.orders)
    let result = try rows.read(message) { row throws(RowError) in
      Result { try row.decode(Value.self, keys: keys) }
    }
    return try #require(result).get()
  }

  @Test func `a row becomes a struct`() throws {
    let order = try decode(Order.self, Self.insert(), .convertFromSnakeCase)
    #expect(order.id == 42 && order.note == nil && order.absent == nil)
    #expect(order.createdAt.iso8601UTC == "2024-01-02T03:04:05Z")
    #expect(order.total.description == "12.50")
    #expect(order.tags == ["a", nil])
    #expect(order.data == Data([0, 255]))
    #expect(order.state == .open)
    #expect(order.ref.uuidString == "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")
  }

  @Test func `keys are the names as they are, unless asked otherwise`() throws {
    struct Times: Decodable {
      let at: PostgresTimestamp
      enum CodingKeys: String, CodingKey { case at = "created_at" }
    }
    _ = try decode(Times.self, Self.insert())
    let error = #expect(throws: RowError.self) { try decode(Order.self, Self.insert()) }
    #expect(error?.column == "createdAt" && error?.reason == .noSuchColumn)
  }

  @Test func `errors name the column and print no data`() throws {
    let refused = #expect(throws: RowError.self) {
      try decode(Order.self, Self.insert(state: "secret"), .convertFromSnakeCase)
    }
    #expect(refused?.column == "state")
    #expect(refused?.reason == .value(.outOfRange, Swift: "its type"))
    #expect(refused.map { "\($0)".contains("secret") } == false)

    struct Note: Decodable { let note: String }
    let null = #expect(throws: RowError.self) { try decode(Note.self, Self.insert()) }
    #expect(null?.reason == .null(Swift: "String"))

    struct MaybeNote: Decodable { let note: String? }
    let unchanged = #expect(throws: RowError.self) {
      try decode(MaybeNote.self, Self.insert(note: .unchanged))
    }
    #expect(unchanged?.reason == .unchanged)

    struct KnownNote: Decodable { let note: ColumnValue<String> }
    #expect(try decode(KnownNote.self, Self.insert(note: .unchanged)).note == .unchanged)
    #expect(try decode(KnownNote.self, Self.insert()).note == .null)
    #expect(try decode(KnownNote.self, Self.insert(note: Self.text("n"))).note == .value("n"))
  }

  @Test func `a value that isn't known is so for a type of any kind`() throws {
    struct KnownState: Decodable { let state: ColumnValue<State> }
    let unknown: [Encoder.Column] = ["42", nil, nil, nil, nil, nil, .unchanged, nil]
    #expect(try decode(KnownState.self, Encoder.update(7, new: unknown)).state == .unchanged)
    let old: [Encoder.Column] = ["42", nil, nil, nil, nil, nil, nil, nil]
    #expect(try decode(KnownState.self, Encoder.delete(7, key: old)).state == .notSent)
    #expect(try decode(KnownState.self, Self.insert(state: "closed")).state == .value(.closed))
  }

  @Test func containers() throws {
    struct Stay: Decodable {
      let span: PostgresRange<PostgresDate>
      let days: PostgresArray<Int32?>
    }
    let rows = try RowFixture(
      after: Encoder.relation(8, "stays", [.init("span", 3912), .init("days", 1007)]))
    let message = Encoder.insert(
      8, new: [Self.text("[2024-01-02,)"), Self.text("[0:1]={1,NULL}")])
    let result = try rows.read(message) { row throws(RowError) in
      Result { try row.decode(Stay.self) }
    }
    let stay = try #require(result).get()
    let date = try #require(PostgresDate(year: 2024, month: 1, day: 2))
    #expect(stay.span == .between(.init(date, isInclusive: true), nil))
    #expect(stay.days.elements == [1, nil])
    #expect(stay.days.dimensions == [PostgresDimension(count: 2, lowerBound: 0)])
  }

  @Test func `small integers and bytes`() throws {
    struct Small: Decodable {
      let id: UInt8
      let data: [UInt8]
    }
    let small = try decode(Small.self, Self.insert())
    #expect(small.id == 42 && small.data == [0, 255])
  }

  @Test func `values survive other coders as their text`() throws {
    let number = try #require(PostgresNumeric(postgresText: "12.50"))
    let data = try JSONEncoder().encode([number])
    #expect(String(decoding: data, as: UTF8.self) == #"["12.50"]"#)
    #expect(
      try JSONDecoder().decode([PostgresNumeric].self, from: data).first?.description == "12.50")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([PostgresNumeric].self, from: Data(#"["x"]"#.utf8))
    }
  }
}
