import CDCTime
import Foundation
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Events in envelopes of CloudEvents.
@Suite struct CloudEventsTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(7, "t", [.key("id", 23), .init("name", 25)])
  /// At 0/1A2B3C4, a millisecond and a half after 2000.
  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: 1500, xid: 742)
  private static let commit = Encoder.commit(
    commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1500)
  private static let time = #""time":"2000-01-01T00:00:00.0015Z","#
  private static let type = #""datacontenttype":"application/json","#

  private static func cloudEvents() -> CloudEvents {
    var cloudEvents = CloudEvents(source: "/s\"1", typePrefix: "org.example")
    cloudEvents.now = { PostgresTimestamp(microseconds: 2_000_000) }
    return cloudEvents
  }

  private func lines() throws -> Lines {
    var options = JSONLineFormat.Options()
    options.cloudEvents = Self.cloudEvents()
    return try Lines(options: options, after: Self.table)
  }

  private static func envelope(_ event: Int, _ kind: String, _ subject: String = "") -> String {
    #"{"id":"lsn:0/1A2B3C4;txId:742;event:\#(event)","source":"/s\"1","specversion":"1.0","#
      + #""type":"org.example.\#(kind)",\#(subject)\#(time)\#(type)"data":"#
  }

  @Test func `an event is the data of its envelope, and is numbered in its transaction`() throws {
    var lines = try lines()
    var plain = try Lines(after: Self.table)
    let insert = Encoder.insert(7, new: ["1", "x"])
    let subject = #""subject":"public.t","#
    for (event, (message, kind, subject)) in [
      (Self.begin, "begin", ""), (insert, "insert", subject), (insert, "insert", subject),
      (Encoder.update(7, key: ["1", nil], new: ["2", "x"]), "update", subject),
      (Encoder.delete(7, key: ["1", nil]), "delete", subject),
      (Encoder.truncate([7]), "truncate", ""),
      (
        Encoder.message(transactional: true, lsn: 5, prefix: "p", content: []), "message",
        #""subject":"p","#
      ), (Self.commit, "commit", ""),
    ].enumerated() {
      let data = try plain.next(message).dropLast()
      #expect(try lines.next(message) == Self.envelope(event, kind, subject) + data + "}\n")
    }
    // The next transaction counts from the start; what comes again has the same ids.
    #expect(try lines.next(Self.begin).hasPrefix(Self.envelope(0, "begin")))
    #expect(try lines.next(insert).hasPrefix(Self.envelope(1, "insert", subject)))
    #expect(try lines.next(Self.commit).hasPrefix(Self.envelope(2, "commit")))
  }

  @Test func `an event that can't be written has no number`() throws {
    var lines = try lines()
    _ = try lines.next(Self.begin)
    #expect(throws: FormatError.self) { try lines.next(Encoder.insert(7, new: ["x", nil])) }
    #expect(
      try lines.next(Encoder.insert(7, new: ["1", nil])).hasPrefix(
        Self.envelope(1, "insert", #""subject":"public.t","#)))
  }

  @Test func `what belongs to no transaction has the time of the run in its id`() throws {
    var lines = try lines()
    let message = Encoder.message(
      transactional: false, lsn: 0x1A2_B300, prefix: "p", content: [])
    for event in 0...1 {
      #expect(
        try lines.next(message).hasPrefix(
          #"{"id":"lsn:0/1A2B300;run:946684802000000;event:\#(event)","source":"/s\"1","#
            + #""specversion":"1.0","type":"org.example.message","subject":"p","#
            + #""time":"2000-01-01T00:00:02Z","#))
    }
  }

  @Test func `every event is one JSON object with all that is required`() throws {
    var lines = try lines()
    for message in [
      Self.begin, Encoder.insert(7, new: ["1", "a\"\n"]), Encoder.truncate([7]), Self.commit,
    ] {
      let line = try lines.next(message)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["specversion"] as? String == "1.0")
      for key in ["id", "source", "type", "time", "datacontenttype"] {
        #expect((object[key] as? String)?.isEmpty == false, "\(key)")
      }
      #expect(object["data"] is [String: Any])
      // Names of attributes are lower-case letters and digits.
      #expect(object.keys.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber } })
    }
  }

  private func records() throws -> Records<DebeziumFormat> {
    var options = DebeziumFormat.Options(name: "shop", database: "d", version: "1")
    options.now = { PostgresTimestamp(microseconds: 1500) }
    options.providesTransactionMetadata = true
    options.cloudEvents = .debezium(name: "shop")
    return try Records(DebeziumFormat(options: options), after: Self.table)
  }

  private static func debezium(_ event: Int, _ type: String, _ more: String = "") -> String {
    #"{"id":"lsn:0/1A2B3C4;txId:742;event:\#(event)","source":"/debezium/postgresql/shop","#
      + #""specversion":"1.0","type":"io.debezium.connector.postgresql.\#(type)",\#(more)"#
  }

  @Test func `Debezium's events have the source, the type and the attributes of its converter`()
    throws
  {
    var records = try records()
    let begin = try records.next(Self.begin)
    #expect(
      begin[0].hasPrefix(
        #"shop.transaction | {"id":"742:27440068"} | "#
          + Self.debezium(0, "TransactionMetadataEvent", Self.time + Self.type)
          + #""data":{"status":"BEGIN","#))
    let found = try records.next(Encoder.update(7, key: ["1", nil], new: ["2", "x"]))
    func row(_ event: Int, _ operation: String) -> String {
      Self.debezium(
        event, "DataChangeEvent",
        #""subject":"public.t",\#(Self.time)\#(Self.type)"iodebeziumop":"\#(operation)","#
          + #""iodebeziumname":"shop","iodebeziumdb":"d","iodebeziumschema":"public","#
          + #""iodebeziumtable":"t","data":{"before":"#)
    }
    #expect(found.count == 3)
    #expect(found[0].hasPrefix(#"shop.public.t | {"id":1} | "# + row(1, "d")))
    #expect(found[0].hasSuffix("}}"))
    #expect(found[1] == #"shop.public.t | {"id":1} | -"#)
    #expect(found[2].hasPrefix(#"shop.public.t | {"id":2} | "# + row(2, "c")))
    let end = try records.next(Self.commit)
    #expect(end[0].contains(#";event:3","source""#))
  }

  @Test func `a name in a source is a part of a URI's path`() {
    #expect(CloudEvents.debezium(name: "a b/é").source == "/debezium/postgresql/a%20b%2F%C3%A9")
    #expect(CloudEvents.encoded("a-Z_0.~\u{1}") == "a-Z_0.~%01")
  }
}
