import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// What begins and ends transactions in Debezium's events, and each event's place.
@Suite struct DebeziumTransactionTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(7, "t", [.key("id", 23), .init("name", 25)])
  private static let other = Encoder.relation(8, namespace: "s", "o", [.key("id", 23)])
  /// At 27440068, a millisecond and a half after 2000.
  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: 1500, xid: 742)
  private static let commit = Encoder.commit(
    commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1500)
  private static let time = #""ts_ms":946684800001}"#

  private func records(isProvided: Bool = true) throws -> Records<DebeziumFormat> {
    var options = DebeziumFormat.Options(name: "shop", database: "d", version: "1")
    options.providesTransactionMetadata = isProvided
    options.now = { PostgresTimestamp(microseconds: 1500) }
    return try Records(DebeziumFormat(options: options), after: Self.table, Self.other)
  }

  /// The place that an event says, and its operation.
  private func places(_ records: [String]) -> [String] {
    records.compactMap { record in
      record.firstMatch(of: /"transaction":(null|\{.*?\})/).map { String($0.1) }
    }
  }

  private func place(_ total: Int, _ table: Int) -> String {
    #"{"id":"742:27439872","total_order":\#(total),"data_collection_order":\#(table)}"#
  }

  @Test func `a transaction begins and ends with an event of its own`() throws {
    var records = try records()
    #expect(
      try records.next(Self.begin) == [
        #"shop.transaction | {"id":"742:27440068"} | {"status":"BEGIN","id":"742:27440068","#
          + #""event_count":null,"data_collections":null,\#(Self.time)"#
      ])
    _ = try records.next(
      Encoder.insert(8, new: ["1"]), Encoder.insert(7, new: ["1", nil]),
      Encoder.insert(7, new: ["2", nil]))
    #expect(
      try records.next(Self.commit) == [
        #"shop.transaction | {"id":"742:27440112"} | {"status":"END","id":"742:27440112","#
          + #""event_count":3,"data_collections":[{"data_collection":"s.o","event_count":1},"#
          + #"{"data_collection":"public.t","event_count":2}],\#(Self.time)"#
      ])
    // The next one counts from the start.
    #expect(
      try records.next(Self.begin, Self.commit).last
        == #"shop.transaction | {"id":"742:27440112"} | {"status":"END","id":"742:27440112","#
        + #""event_count":0,"data_collections":[],\#(Self.time)"#)
  }

  @Test func `each event says its place among all, and among those of its table`() throws {
    var records = try records()
    _ = try records.next(Self.begin)
    #expect(
      try places(
        records.next(
          Encoder.insert(7, new: ["1", nil]), Encoder.insert(8, new: ["1"]),
          Encoder.update(7, key: ["1", nil], new: ["2", "n"]), Encoder.insert(8, new: ["2"])))
        == [place(1, 1), place(2, 1), place(3, 2), place(4, 3), place(5, 2)])
  }

  @Test func `messages count if they belong to the transaction`() throws {
    func message(_ transactional: Bool) -> [UInt8] {
      Encoder.message(
        transactional: transactional, lsn: 27_439_872, prefix: "p", content: [])
    }
    var records = try records()
    #expect(try places(records.next(message(false))) == ["null"])
    _ = try records.next(Self.begin)
    #expect(try places(records.next(message(true))) == [place(1, 1)])
    let end = try #require(try records.next(Self.commit).first)
    #expect(
      end.contains(#"[{"data_collection":"LOGICAL_DECODING_MESSAGE","event_count":1}]"#))
  }

  @Test func `an event that can't be written doesn't count`() throws {
    var records = try records()
    _ = try records.next(Self.begin)
    #expect(throws: FormatError.self) {
      try records.next(Encoder.update(7, key: ["1", nil], new: ["2", .text([0xFF])]))
    }
    #expect(throws: FormatError.self) {
      try records.next(Encoder.insert(7, new: ["1", .text([0xFF])]))
    }
    #expect(try places(records.next(Encoder.insert(7, new: ["1", nil]))) == [place(1, 1)])
  }

  @Test func `there is nothing of it by default`() throws {
    var records = try records(isProvided: false)
    #expect(try records.next(Self.begin) == [])
    #expect(try places(records.next(Encoder.insert(7, new: ["1", nil]))) == ["null"])
    #expect(try records.next(Self.commit) == [])
  }
}
