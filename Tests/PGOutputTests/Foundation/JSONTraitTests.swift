#if Foundation
  import Foundation
  import PGOutput
  import PGOutputTestSupport
  import ReplicationTestKit
  import Testing

  /// Columns of JSON as types that are `Decodable`.
  @Suite struct JSONTraitTests {
    private struct Profile: Codable, Equatable {
      let fullName: String
      let tags: [String]
    }

    private enum State: String, Decodable { case open, closed }

    private static let table = Encoder.relation(
      7, "t", [.key("id", 20), .init("plain", 114), .init("doc", 3802), .init("docs", 3807)])
    private static let json = #"{"fullName": "é", "tags": ["x", "y"]}"#
    private static let profile = Profile(fullName: "é", tags: ["x", "y"])

    private static func text(_ text: String) -> Encoder.Column { .text(Array(text.utf8)) }

    private static func insert(
      plain: Encoder.Column = nil, doc: Encoder.Column = nil, docs: Encoder.Column = nil
    ) -> [UInt8] {
      Encoder.insert(7, new: ["1", plain, doc, docs])
    }

    /// Reads outside the closure that only lets `RowError` through.
    private func read<Value>(
      _ message: [UInt8], _ body: (RowView) throws -> Value
    ) throws -> Value {
      let rows = try RowFixture(after: Self.table)
      let result = try rows.read(message) { row throws(RowError) in Result { try body(row) } }
      return try #require(result).get()
    }

    private func error(
      _ message: [UInt8], _ body: (RowView) throws -> Void
    ) throws -> RowError? {
      do {
        try read(message, body)
        return nil
      } catch let error as RowError {
        return error
      }
    }

    @Test func `from text and binary, of json and jsonb`() throws {
      let bytes = Array(Self.json.utf8)
      for message in [
        Self.insert(plain: Self.text(Self.json), doc: Self.text(Self.json)),
        Self.insert(plain: .binary(bytes), doc: .binary([1] + bytes)),
      ] {
        for column in ["plain", "doc"] {
          #expect(
            try read(message) { try $0.decode(Profile.self, json: column) } == Self.profile)
          #expect(
            try read(message) { try $0[column, as: PostgresJSON<Profile>.self].value }
              == Self.profile)
        }
        #expect(try read(message) { try $0.decode(Profile.self, json: 2) } == Self.profile)
      }
      let future = Self.insert(doc: .binary([2] + bytes))
      #expect(
        try error(future) { _ = try $0.decode(Profile.self, json: "doc") }?.reason
          == .value(.malformed, Swift: "Profile"))
    }

    @Test func `NULL is nil, and so is JSON's null`() throws {
      #expect(try read(Self.insert()) { try $0.decode(Profile?.self, json: "doc") } == nil)
      #expect(
        try read(Self.insert(doc: "null")) { try $0.decode(Profile?.self, json: "doc") } == nil)
      #expect(
        try error(Self.insert()) { _ = try $0.decode(Profile.self, json: "doc") }?.reason
          == .null(Swift: "Profile"))
      #expect(
        try read(Self.insert()) { try $0["doc", as: PostgresJSON<Profile>?.self] } == nil)
    }

    @Test func `a value that is unchanged is neither NULL nor JSON`() throws {
      let update = Encoder.update(7, new: ["1", nil, .unchanged, nil])
      let refused = try error(update) { _ = try $0.decode(Profile?.self, json: "doc") }
      #expect(refused?.reason == .unchanged && refused?.column == "doc")
      #expect(
        try read(update) { try $0.columnValue("doc", as: PostgresJSON<Profile>.self) }
          == .unchanged)
    }

    @Test func `JSON of something else is an error that shows none of it`() throws {
      for json in [#"{"fullName": "secret"}"#, #"{"fullName": 1, "tags": "secret"}"#, "7", "null"] {
        let message = Self.insert(doc: Self.text(json))
        let refused = try error(message) { _ = try $0.decode(Profile.self, json: "doc") }
        #expect(refused?.reason == .value(.outOfRange, Swift: "Profile"))
        #expect(refused?.column == "doc" && refused?.bytes == Array(json.utf8))
        #expect(refused.map { "\($0)".contains("secret") } == false)
        let wrapped = try error(message) { _ = try $0["doc", as: PostgresJSON<Profile>.self] }
        #expect(wrapped?.reason == .value(.outOfRange, Swift: "PostgresJSON<Profile>"))
      }
      #expect(
        try error(Self.insert()) { _ = try $0.decode(Int.self, json: "id") }?.reason
          == .value(.wrongType, Swift: "Int"))
      #expect(
        try error(Self.insert()) { _ = try $0.decode(Int.self, json: "nope") }?.reason
          == .noSuchColumn)
    }

    @Test func `a decoder of one's own has its strategies`() throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let message = Self.insert(doc: #"{"full_name": "a", "tags": []}"#)
      let profile = try read(message) {
        try $0.decode(Profile.self, json: "doc", using: decoder)
      }
      #expect(profile == Profile(fullName: "a", tags: []))
    }

    @Test func `arrays of JSON, and JSON in other coders`() throws {
      let message = Self.insert(docs: #"{"{\"fullName\": \"a\", \"tags\": []}",NULL}"#)
      let docs = try read(message) { try $0["docs", as: [PostgresJSON<Profile>?].self] }
      #expect(docs == [PostgresJSON(Profile(fullName: "a", tags: [])), nil])
      let data = try JSONEncoder().encode(PostgresJSON([1, 2]))
      #expect(String(decoding: data, as: UTF8.self) == "[1,2]")
      #expect(try JSONDecoder().decode(PostgresJSON<[Int]>.self, from: data).value == [1, 2])
    }

    private struct Whole: Decodable {
      let id: Int64
      let doc: Profile
      let plain: String
    }

    private struct Loose: Decodable {
      let doc: ColumnValue<Profile>
      let plain: [Int]?
    }

    private struct Named: Decodable {
      let doc: State
      let plain: ColumnValue<State>
    }

    @Test func `properties are read from JSON, unless they are texts`() throws {
      let message = Self.insert(plain: "[1, 2]", doc: Self.text(Self.json))
      let whole = try read(message) { try $0.decode(Whole.self) }
      #expect(whole.id == 1 && whole.doc == Self.profile && whole.plain == "[1, 2]")
      let loose = try read(message) { try $0.decode(Loose.self) }
      #expect(loose.doc == .value(Self.profile) && loose.plain == [1, 2])
      let named = try read(Self.insert(doc: #""open""#)) { try $0.decode(Named.self) }
      #expect(named.doc == .open && named.plain == .null)
      let update = Encoder.update(7, new: ["1", nil, .unchanged, nil])
      let unknown = try read(update) { try $0.decode(Loose.self) }
      #expect(unknown.doc == .unchanged && unknown.plain == nil)
      let refused = try error(Self.insert(plain: "1", doc: "{}")) {
        _ = try $0.decode(Whole.self)
      }
      #expect(refused?.column == "doc")
      #expect(refused?.reason == .value(.outOfRange, Swift: "Profile"))
    }
  }
#endif
