import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Topics, keys and tombstones of Debezium's events.
@Suite struct DebeziumRecordTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(
    7, "t", [.key("id", 23), .init("name", 25), .key("part", 1082)])
  private static let whole = Encoder.relation(
    8, "f", identity: "f", [.key("id", 23), .key("name", 25)])
  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: -1, xid: 742)

  private func records(
    after messages: [UInt8]..., adjust: (inout DebeziumFormat.Options) -> Void = { _ in }
  ) throws -> Records<DebeziumFormat> {
    var options = DebeziumFormat.Options(name: "shop", database: "d", version: "1")
    options.now = { PostgresTimestamp(microseconds: 1500) }
    adjust(&options)
    var records = try Records(DebeziumFormat(options: options))
    for message in messages { _ = try records.next(message) }
    return records
  }

  /// The topic, the key, and the rows and the operation of the event.
  private func shown(_ records: [String]) -> [String] {
    records.map { record in
      let operation = record.firstMatch(of: /"op":"(.)"/).map { " " + $0.1 } ?? ""
      return String(record.split(separator: #","source":"#).first ?? "") + operation
    }
  }

  @Test func `a row goes to its table's topic, and its key has the columns in order`() throws {
    var records = try records(after: Self.table, Self.begin)
    #expect(
      try shown(records.next(Encoder.insert(7, new: ["1", "x", "2000-01-02"]))) == [
        #"shop.public.t | {"id":1,"part":10958} | {"before":null,"#
          + #""after":{"id":1,"name":"x","part":10958} c"#
      ])
    #expect(
      try shown(records.next(Encoder.update(7, new: ["1", .unchanged, "2000-01-02"]))) == [
        #"shop.public.t | {"id":1,"part":10958} | {"before":null,"after":{"id":1,"#
          + #""name":"__debezium_unavailable_value","part":10958} u"#
      ])
  }

  @Test func `a deletion is followed by a tombstone with its key, unless that isn't wanted`() throws
  {
    let delete = Encoder.delete(7, key: ["1", nil, "2000-01-02"])
    let event =
      #"shop.public.t | {"id":1,"part":10958} | {"before":{"id":1,"name":null,"part":10958},"#
      + #""after":null d"#
    var records = try records(after: Self.table, Self.begin)
    #expect(
      try shown(records.next(delete)) == [event, #"shop.public.t | {"id":1,"part":10958} | -"#])
    var without = try self.records(after: Self.table, Self.begin) {
      $0.records.hasTombstones = false
    }
    #expect(try shown(without.next(delete)) == [event])
  }

  @Test func `a change of the key is a deletion, a tombstone and an insertion`() throws {
    var records = try records(after: Self.table, Self.begin)
    #expect(
      try shown(
        records.next(
          Encoder.update(7, key: ["1", nil, "2000-01-02"], new: ["2", "n", .unchanged]))) == [
          #"shop.public.t | {"id":1,"part":10958} | {"before":{"id":1,"name":null,"#
            + #""part":10958},"after":null d"#,
          #"shop.public.t | {"id":1,"part":10958} | -"#,
          #"shop.public.t | {"id":2,"part":10958} | {"before":null,"#
            + #""after":{"id":2,"name":"n","part":10958} c"#,
        ])
  }

  @Test func `the records of a change of the key have the other key in a header`() throws {
    let update = Encoder.update(7, key: ["1", nil, "2000-01-02"], new: ["2", "n", .unchanged])
    let (old, new) = (#"{"id":1,"part":10958}"#, #"{"id":2,"part":10958}"#)
    var records = try records(after: Self.table, Self.begin)
    #expect(
      try records.headers(
        of: Encoder.insert(7, new: ["1", "x", "2000-01-02"]), update,
        Encoder.delete(7, key: ["2", nil, "2000-01-02"])) == [
          "\(old) | -", "\(old) | __debezium.newkey | \(new)",
          "\(old), no value | __debezium.newkey | \(new)",
          "\(new) | __debezium.oldkey | \(old)", "\(new) | -", "\(new), no value | -",
        ])
    var without = try self.records(after: Self.table, Self.begin) {
      $0.records.hasTombstones = false
    }
    #expect(
      try without.headers(of: update, update) == [
        "\(old) | __debezium.newkey | \(new)", "\(new) | __debezium.oldkey | \(old)",
        "\(old) | __debezium.newkey | \(new)", "\(new) | __debezium.oldkey | \(old)",
      ])
  }

  @Test func `records of a table whose key isn't known have no keys and no tombstones`() throws {
    var records = try records(after: Self.whole, Self.begin)
    #expect(
      try shown(records.next(Encoder.update(8, old: ["1", "a"], new: ["2", "b"]))) == [
        #"shop.public.f | - | {"before":{"id":1,"name":"a"},"after":{"id":2,"name":"b"} u"#
      ])
    #expect(
      try shown(records.next(Encoder.delete(8, old: ["1", "a"]))) == [
        #"shop.public.f | - | {"before":{"id":1,"name":"a"},"after":null d"#
      ])
  }

  @Test func `a primary key that the catalog has told is the key of a full identity`() throws {
    var records = try records(after: Self.whole, Self.begin)
    records.describe(TableDescription(oid: 8, primaryKey: ["id"], columns: []))
    #expect(
      try shown(records.next(Encoder.update(8, old: ["1", "a"], new: ["1", "b"]))) == [
        #"shop.public.f | {"id":1} | {"before":{"id":1,"name":"a"},"#
          + #""after":{"id":1,"name":"b"} u"#
      ])
    #expect(
      try shown(records.next(Encoder.update(8, old: ["1", "a"], new: ["2", .unchanged]))) == [
        #"shop.public.f | {"id":1} | {"before":{"id":1,"name":"a"},"after":null d"#,
        #"shop.public.f | {"id":1} | -"#,
        #"shop.public.f | {"id":2} | {"before":null,"after":{"id":2,"name":"a"} c"#,
      ])
  }

  @Test func `messages have their prefix as key, truncates have none`() throws {
    var records = try records(after: Self.table, Self.whole, Self.begin) {
      $0.printsTruncates = true
    }
    let message = Encoder.message(transactional: true, lsn: 5, prefix: "p\"", content: [])
    let found = try records.next(message)
    #expect(found.count == 1)
    #expect(found[0].hasPrefix(#"shop.message | {"prefix":"p\""} | {"op":"m""#))
    #expect(
      try shown(records.next(Encoder.truncate([7, 8]))) == [
        #"shop.public.t | - | {"before":null,"after":null t"#,
        #"shop.public.f | - | {"before":null,"after":null t"#,
      ])
  }

  @Test func `an event that can't be written leaves no record`() throws {
    var records = try records(after: Self.table, Self.begin)
    // The deletion of the old key can be written, the insertion can't.
    #expect(throws: FormatError.self) {
      try records.next(
        Encoder.update(7, key: ["1", nil, "2000-01-02"], new: ["2", .text([0xFF]), .unchanged]))
    }
    #expect(throws: FormatError.self) {
      try records.next(Encoder.insert(7, new: ["x", nil, "2000-01-02"]))
    }
    #expect(try records.next(Encoder.insert(7, new: ["1", nil, "2000-01-02"])).count == 1)
  }

  @Test func `the records are the lines`() throws {
    let messages = [
      Encoder.insert(7, new: ["1", "x", "2000-01-02"]),
      Encoder.update(7, key: ["1", nil, "2000-01-02"], new: ["2", "n", .unchanged]),
      Encoder.delete(7, key: ["2", nil, "2000-01-02"]),
      Encoder.message(transactional: true, lsn: 5, prefix: "p", content: [1]),
    ]
    var records = try records(after: Self.table, Self.begin)
    var decoder = PgOutputDecoder()
    var options = DebeziumFormat.Options(name: "shop", database: "d", version: "1")
    options.now = { PostgresTimestamp(microseconds: 1500) }
    var format = DebeziumFormat(options: options)
    var lines = OutputBuffer()
    for message in [Self.table, Self.begin] + messages {
      try decoder.decode(
        message.span, at: LSN(rawValue: 27_439_872), wrappingErrors: FormatError.decoding
      ) { message throws(FormatError) in
        try format.append(
          message, at: LSN(rawValue: 27_439_872), provisionalIn: nil, to: &lines)
      }
    }
    var values: [String] = []
    for message in messages {
      for record in try records.next(message) {
        let value = record.split(separator: " | ")[2]
        if value != "-" { values.append(String(value)) }
      }
    }
    #expect(lines.text == values.map { $0 + "\n" }.joined())
  }
}
