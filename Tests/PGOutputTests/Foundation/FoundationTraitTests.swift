#if Foundation
  import CDCTime
  import Foundation
  import PGOutput
  import PGOutputTestSupport
  import ReplicationTestKit
  import TestSupport
  import Testing

  /// Columns as the types of Foundation.
  @Suite struct FoundationTraitTests {
    private static func row(_ oid: UInt32) throws -> RowFixture {
      try RowFixture(after: Encoder.relation(7, "t", [.init("c", oid)]))
    }

    private static func text(_ text: String) -> Encoder.Column { .text(Array(text.utf8)) }

    private func read<Value: PostgresDecodable>(
      _ oid: UInt32, _ column: Encoder.Column, as type: Value.Type = Value.self
    ) throws -> Value {
      let value = try Self.row(oid).read(Encoder.insert(7, new: [column])) {
        row throws(RowError) in
        try row["c", as: type]
      }
      return try #require(value)
    }

    /// Why the column can't be read, which also has to name it.
    private func refusal<Value: PostgresDecodable>(
      _ oid: UInt32, _ column: Encoder.Column, as type: Value.Type
    ) throws -> RowError.Reason? {
      let error = try Self.row(oid).error(Encoder.insert(7, new: [column])) {
        row throws(RowError) in
        _ = try row["c", as: type]
      }
      #expect(error == nil || error?.column == "c")
      return error?.reason
    }

    private func time(_ text: String) throws -> PostgresTimestamp {
      try #require(PostgresTimestamp(text))
    }

    private func number(_ text: String) throws -> PostgresNumeric {
      try #require(PostgresNumeric(postgresText: text))
    }

    @Test func `times and days, from text and binary`() throws {
      let moment = Date(timeIntervalSince1970: 1_704_164_645)
      #expect(try read(1184, "2024-01-02 03:04:05+00") == moment)
      #expect(try read(1184, "2024-01-02 05:04:05+02") == moment)
      // A clock without a zone counts as one in UTC.
      #expect(try read(1114, "2024-01-02 03:04:05") == moment)
      for oid: UInt32 in [1184, 1114] {
        #expect(try read(oid, .binary(bytes(hex: "0002b0ec8515f340"))) == moment)
      }
      let midnight = Date(timeIntervalSince1970: 1_704_153_600)
      #expect(try read(1082, "2024-01-02") == midnight)
      #expect(try read(1082, .binary([0, 0, 0x22, 0x3F])) == midnight)
      #expect(try read(1184, nil, as: Date?.self) == nil)
      let list = #"{"2024-01-02 03:04:05+00",NULL}"#
      #expect(try read(1185, Self.text(list), as: [Date?].self) == [moment, nil])
    }

    @Test func `a Date never holds another microsecond`() throws {
      var random = RepeatableGenerator(seed: 1)
      let first = try time("1729-01-01 00:00:00+00").microseconds
      let last = try time("2272-12-31 23:59:59.999999+00").microseconds
      for _ in 0..<10_000 {
        let time = PostgresTimestamp(microseconds: .random(in: first...last, using: &random))
        let date = try #require(Date(exactly: time))
        #expect(PostgresTimestamp(date) == time)
      }
      for text in [
        "4714-11-24 00:00:00+00 BC", "0001-01-01 00:00:00+00", "9999-12-31 23:59:59+00",
        "9999-12-31 23:59:59.5+00", "294276-12-31 23:59:59+00",
      ] {
        let date = try read(1184, Self.text(text), as: Date.self)
        #expect(PostgresTimestamp(date)?.text(as: .timestamptz) == text)
      }
      #expect(
        try refusal(1184, "9999-12-31 23:59:59.999999+00", as: Date.self)
          == .value(.outOfRange, Swift: "Date"))
    }

    @Test func `infinite times and days are errors`() throws {
      for text in ["infinity", "-infinity"] {
        for oid: UInt32 in [1184, 1114, 1082] {
          #expect(
            try refusal(oid, Self.text(text), as: Date.self)
              == .value(.outOfRange, Swift: "Date"))
        }
      }
      #expect(
        try refusal(1184, .binary([0x7F, 255, 255, 255, 255, 255, 255, 255]), as: Date.self)
          == .value(.outOfRange, Swift: "Date"))
      #expect(
        try refusal(25, "2024-01-02", as: Date.self) == .value(.wrongType, Swift: "Date"))
      #expect(
        try refusal(1184, "2024-13-02 00:00:00+00", as: Date.self)
          == .value(.malformed, Swift: "Date"))
    }

    @Test func `a Date becomes the nearest time, if the server has one`() {
      let reference = Date(timeIntervalSinceReferenceDate: 0)
      #expect(PostgresTimestamp(reference)?.iso8601UTC == "2001-01-01T00:00:00Z")
      #expect(
        PostgresTimestamp(reference + 0.000_000_6)?.iso8601UTC == "2001-01-01T00:00:00.000001Z")
      #expect(PostgresTimestamp(reference - 0.000_000_4) == PostgresTimestamp(reference))
      for interval in [Double.nan, .infinity, -.infinity, 1e13, -1e12, 1e300] {
        #expect(PostgresTimestamp(Date(timeIntervalSinceReferenceDate: interval)) == nil)
      }
    }

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

    private static let decimals: [String] = [
      "0", "0.00", "1", "-1", "12.50", "-0.001", "100", "18446744073709551616.5",
      "99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001",
      "1\(zeros(50))", "-1\(zeros(150))", "1\(zeros(164))", "0.\(zeros(127))1",
    ]

    @Test(arguments: FoundationTraitTests.decimals)
    func `a number is the same as a Decimal`(text: String) throws {
      let decimal = try read(1700, Self.text(text), as: Decimal.self)
      #expect(try PostgresNumeric(decimal) == number(text))
      #expect(Decimal(string: text) == decimal || text.count > 100)
    }

    @Test func `numbers of any digits are the same as a Decimal, and from binary`() throws {
      var random = RepeatableGenerator(seed: 2)
      let limit: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
      for _ in 0..<2000 {
        let places = Int.random(in: 0...126, using: &random)
        let digits = Int128.random(in: -limit...limit, using: &random) >> places
        let number = try #require(
          PostgresNumeric(unscaled: digits, scale: .random(in: 0...128, using: &random)))
        let decimal = try #require(Decimal(exactly: number))
        #expect(PostgresNumeric(decimal) == number)
      }
      let binary = Encoder.Column.binary(bytes(hex: "000200000000000200 0c1388"))
      #expect(try read(1700, binary) == Decimal(string: "12.5"))
      #expect(PostgresNumeric(Decimal.nan).isNaN)
      #expect(try #require(Decimal(string: "-12.5")).postgresText == "-12.5")
    }

    private static let noDecimals: [String] = [
      "NaN", "Infinity", "-Infinity", "111111111111111111111111111111111111111",
      "0.111111111111111111111111111111111111111", "1\(zeros(165))", "0.\(zeros(128))1",
    ]

    @Test(arguments: FoundationTraitTests.noDecimals)
    func `what a Decimal can't hold is an error`(text: String) throws {
      #expect(
        try refusal(1700, Self.text(text), as: Decimal.self)
          == .value(.outOfRange, Swift: "Decimal"))
    }

    @Test func `numbers of many zeros`() throws {
      #expect(try read(1700, Self.text("0.\(Self.zeros(5000))"), as: Decimal.self) == 0)
      #expect(Decimal(exactly: try number("1\(Self.zeros(130_000))")) == nil)
    }

    @Test func `UUIDs and bytes`() throws {
      let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
      let uuid = try #require(UUID(uuidString: text))
      #expect(try read(2950, Self.text(text)) == uuid)
      #expect(
        try read(2950, .binary(bytes(hex: "a0eebc999c0b4ef8bb6d6bb9bd380a11"))) == uuid)
      #expect(PostgresUUID(uuid).description == text)
      #expect(uuid.postgresText == text)
      #expect(try refusal(25, Self.text(text), as: UUID.self) == .value(.wrongType, Swift: "UUID"))

      #expect(try read(17, #"\x00ff"#) == Data([0, 255]))
      #expect(try read(17, .binary([0, 255])) == Data([0, 255]))
      #expect(try read(17, #"\x"#) == Data())
      #expect(Data([0, 255]).postgresText == #"\x00ff"#)
    }

    @Test func `addresses are taken as they are, or not at all`() throws {
      let text = "https://example.com/a%20b?c=d#e"
      let url = try #require(URL(string: text))
      #expect(try read(25, Self.text(text)) == url)
      #expect(try read(1043, .binary(Array(text.utf8))) == url)
      #expect(url.postgresText == text)
      for wrong in ["", "https://example.com/a b", "https://example.com/ü"] {
        #expect(
          try refusal(25, Self.text(wrong), as: URL.self) == .value(.outOfRange, Swift: "URL"))
      }
      #expect(try refusal(23, "1", as: URL.self) == .value(.wrongType, Swift: "URL"))
    }

    private struct Visit: Decodable {
      let id: UUID
      let at: Date
      let fee: Decimal
      let page: URL?
      let left: ColumnValue<Date>
    }

    @Test func `a row becomes a struct`() throws {
      let rows = try RowFixture(
        after: Encoder.relation(
          8, "visits",
          [
            .init("id", 2950), .init("at", 1184), .init("fee", 1700), .init("page", 25),
            .init("left", 1184),
          ]))
      let message = Encoder.update(
        8,
        new: [
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-01-02 03:04:05+00", "0.10", nil,
          .unchanged,
        ])
      let result = try rows.read(message) { row throws(RowError) in
        Result { try row.decode(Visit.self) }
      }
      let visit = try #require(result).get()
      #expect(visit.id.uuidString == "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")
      #expect(visit.at == Date(timeIntervalSince1970: 1_704_164_645))
      #expect(visit.fee == Decimal(string: "0.1") && visit.page == nil)
      #expect(visit.left == .unchanged)
    }
  }
#endif
