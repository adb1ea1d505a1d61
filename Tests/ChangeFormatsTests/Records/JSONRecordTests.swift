import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Topics, keys and tombstones of our own events.
@Suite struct JSONRecordTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(
    7, "t", [.key("id", 23), .init("name", 25)])
  private static let other = Encoder.relation(8, namespace: "s", "o", [.init("n", 23)])
  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: 0, xid: 742)
  private static let start = #""lsn":"0/1A2B300","schema":"public","table":"t""#

  private func records(
    _ options: JSONLineFormat.Options = JSONLineFormat.Options()
  ) throws -> Records<JSONLineFormat> {
    try Records(JSONLineFormat(options: options), after: Self.table, Self.other, Self.begin)
  }

  @Test func `rows have keys, deletions tombstones`() throws {
    var records = try records()
    #expect(
      try records.next(
        Encoder.insert(7, new: ["1", "x"]), Encoder.insert(8, new: ["5"]),
        Encoder.delete(7, key: ["1", nil])) == [
          #"public.t | {"id":1} | {"kind":"insert",\#(Self.start),"new":{"id":1,"name":"x"}}"#,
          #"s.o | - | {"kind":"insert","lsn":"0/1A2B300","schema":"s","table":"o","#
            + #""new":{"n":5}}"#,
          #"public.t | {"id":1} | {"kind":"delete",\#(Self.start),"identity":"key","#
            + #""old":{"id":1}}"#,
          #"public.t | {"id":1} | -"#,
        ])
  }

  @Test func `an update that changes the key comes after a tombstone with the old one`() throws {
    let update = Encoder.update(7, key: ["1", nil], new: ["2", "n"])
    let event =
      #"public.t | {"id":2} | {"kind":"update",\#(Self.start),"identity":"key","#
      + #""old":{"id":1},"new":{"id":2,"name":"n"}}"#
    var records = try records()
    #expect(try records.next(update) == [#"public.t | {"id":1} | -"#, event])
    #expect(try records.headers(of: update) == [#"{"id":1}, no value | -"#, #"{"id":2} | -"#])
    var options = JSONLineFormat.Options()
    options.records.hasTombstones = false
    var without = try self.records(options)
    #expect(try without.next(update) == [event])
  }

  @Test func `a key that is out of line and unchanged is taken from the old row`() throws {
    var records = try records()
    #expect(
      try records.next(Encoder.update(7, key: ["1", nil], new: [.unchanged, "n"])) == [
        #"public.t | {"id":1} | {"kind":"update",\#(Self.start),"identity":"key","#
          + #""old":{"id":1},"new":{"id":1,"name":"n"}}"#
      ])
  }

  @Test func `what begins and ends transactions is a record only if that is wanted`() throws {
    let commit = Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 0)
    var records = try records()
    #expect(try records.next(commit, Self.begin) == [])
    var options = JSONLineFormat.Options()
    options.records = RecordOptions(prefix: "shop")
    options.recordsTransactions = true
    var all = try self.records(options)
    let found = try all.next(commit, Encoder.streamStart(5), Encoder.streamStop, Self.begin)
    #expect(found.count == 4)
    #expect(found[0].hasPrefix(#"shop.transaction | {"xid":742} | {"kind":"commit""#))
    #expect(found[1].hasPrefix(#"shop.transaction | {"xid":5} | {"kind":"stream_start""#))
    #expect(found[2].hasPrefix(#"shop.transaction | {"xid":5} | {"kind":"stream_stop""#))
    #expect(found[3].hasPrefix(#"shop.transaction | {"xid":742} | {"kind":"begin""#))
  }

  @Test func `a truncate goes to the topic of each table, a message to its own`() throws {
    var records = try records()
    let truncate =
      #"{"kind":"truncate","lsn":"0/1A2B300","relations":["public.t","s.o"],"cascade":false,"#
      + #""restartIdentity":false}"#
    #expect(
      try records.next(Encoder.truncate([7, 8])) == [
        "public.t | - | \(truncate)", "s.o | - | \(truncate)",
      ])
    let message = try records.next(
      Encoder.message(transactional: true, lsn: 5, prefix: "p", content: Array("c".utf8)))
    #expect(message.count == 1)
    #expect(message[0].hasPrefix(#"message | {"prefix":"p"} | {"kind":"message""#))
  }

  @Test func `topics keep their numbers, and a buffer that is emptied has no records`() throws {
    var decoder = PgOutputDecoder()
    var format = JSONLineFormat()
    var output = OutputBuffer(keepsRecords: true)
    let row = Encoder.insert(7, new: ["1", "x"])
    for message in [Self.table, Self.other, Encoder.insert(8, new: ["5"]), row] {
      try Self.append(message, &decoder, &format, &output)
    }
    let (topics, count) = (output.topics, output.recordCount)
    #expect(topics.map(\.name) == ["s.o", "public.t"] && count == 2)
    output.removeAll()
    let (kept, empty) = (output.topics, output.recordCount)
    #expect(kept == topics && empty == 0)
    try Self.append(row, &decoder, &format, &output)
    let number = output.withRecord(at: 0) { topic, _ in topic.number }
    #expect(number == 1)
  }

  private static func append(
    _ message: [UInt8], _ decoder: inout PgOutputDecoder, _ format: inout JSONLineFormat,
    _ output: inout OutputBuffer
  ) throws(FormatError) {
    try decoder.decode(message.span, at: .zero, wrappingErrors: FormatError.decoding) {
      message throws(FormatError) in
      try format.append(message, at: .zero, provisionalIn: nil, to: &output)
    }
  }

  @Test func `a buffer of lines has no records`() throws {
    var output = OutputBuffer()
    output.append("line\n")
    let (count, topics, keeps) = (output.recordCount, output.topics, output.keepsRecords)
    #expect(count == 0 && topics == [] && !keeps)
  }
}
