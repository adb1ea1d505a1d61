import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Whole events, for every kind of message.
@Suite struct DebeziumTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(
    7, "t", [.key("id", 23), .init("name", 25), .init("big", 17)])
  private static let fullTable = Encoder.relation(
    8, namespace: "other", "f", identity: "f", [.key("id", 23), .key("name", 25), .key("big", 25)])

  /// What lies between the rows and the operation, of a change at 0/1A2B300 in transaction 742.
  private static func source(
    _ names: String = #""schema":"public","table":"t""#, last: String = "null",
    origin: String = #""origin":null,"origin_lsn":null"#
  ) -> String {
    #","source":{"version":"0.1.0","connector":"postgresql","name":"n\"n","ts_ms":946684799999,"#
      + #""snapshot":"false","db":"d","sequence":"[\#(last),\"27439872\"]","ts_us":946684799999999,"#
      + #""ts_ns":946684799999999000,\#(names),"txId":742,"lsn":27439872,"xmin":null,\#(origin)}"#
      + #","transaction":null,"op":""#
  }

  private static let times =
    #"","ts_ms":946684800001,"ts_us":946684800001500,"ts_ns":946684800001500000}"# + "\n"

  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: -1, xid: 742)

  @Test func `an insert`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.begin)
    #expect(
      try lines.next(Encoder.insert(7, new: ["1", nil, .text(Array(#"\x00ff"#.utf8))]))
        == #"{"before":null,"after":{"id":1,"name":null,"big":"AP8="}"# + Self.source() + "c"
        + Self.times)
  }

  @Test func `an update without an old row, and with a value that wasn't sent`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.begin)
    #expect(
      try lines.next(Encoder.update(7, new: ["1", .unchanged, .unchanged]))
        == #"{"before":null,"after":{"id":1,"name":"__debezium_unavailable_value","#
        + #""big":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="}"# + Self.source() + "u" + Self.times)
  }

  @Test func `an update whose key is out of line keeps its key`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.begin)
    #expect(
      try lines.next(Encoder.update(7, key: ["1", nil, nil], new: [.unchanged, "n", nil]))
        == #"{"before":{"id":1,"name":null,"big":null},"after":{"id":1,"name":"n","big":null}"#
        + Self.source() + "u" + Self.times)
  }

  @Test func `a change of the key is a deletion and an insertion`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.begin)
    #expect(
      try lines.next(Encoder.update(7, key: ["1", nil, nil], new: ["2", "n", nil]))
        == #"{"before":{"id":1,"name":null,"big":null},"after":null"# + Self.source() + "d"
        + Self.times + #"{"before":null,"after":{"id":2,"name":"n","big":null}"# + Self.source()
        + "c" + Self.times)
  }

  @Test func `a full old row fills in what wasn't sent`() throws {
    var lines = try DebeziumLines(after: Self.fullTable, Self.begin)
    #expect(
      try lines.next(Encoder.update(8, old: ["1", "a", "b"], new: ["2", "n", .unchanged]))
        == #"{"before":{"id":1,"name":"a","big":"b"},"after":{"id":2,"name":"n","big":"b"}"#
        + Self.source(#""schema":"other","table":"f""#) + "u" + Self.times)
  }

  @Test func `deletes, by key and whole`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.fullTable, Self.begin)
    #expect(
      try lines.next(Encoder.delete(7, key: ["1", nil, nil]))
        == #"{"before":{"id":1,"name":null,"big":null},"after":null"# + Self.source() + "d"
        + Self.times)
    #expect(
      try lines.next(Encoder.delete(8, old: ["1", nil, "b"]))
        == #"{"before":{"id":1,"name":null,"big":"b"},"after":null"#
        + Self.source(#""schema":"other","table":"f""#) + "d" + Self.times)
  }

  @Test func `truncates are printed only if that is wanted, one for each table`() throws {
    let truncate = Encoder.truncate([7, 8], options: 3)
    var silent = try DebeziumLines(after: Self.table, Self.fullTable, Self.begin)
    #expect(try silent.next(truncate) == "")
    var lines = try DebeziumLines(truncates: true, after: Self.table, Self.fullTable, Self.begin)
    #expect(
      try lines.next(truncate)
        == #"{"before":null,"after":null"# + Self.source() + "t" + Self.times
        + #"{"before":null,"after":null"# + Self.source(#""schema":"other","table":"f""#) + "t"
        + Self.times)
  }

  @Test func `the source tells the last commit and the origin`() throws {
    var lines = try DebeziumLines(after: Self.table, Self.begin)
    let insert = Encoder.insert(7, new: ["1", nil, nil])
    #expect(
      try lines.next(Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 27_440_099, time: 0)) == "")
    #expect(try lines.next(Self.begin) == "")
    #expect(try lines.next(Encoder.origin(commitLSN: 16, name: "o")) == "")
    let rows = #"{"before":null,"after":{"id":1,"name":null,"big":null}"#
    #expect(
      try lines.next(insert)
        == rows + Self.source(last: #"\"27440099\""#, origin: #""origin":"o","origin_lsn":16"#)
        + "c"
        + Self.times)
    // The next transaction has none.
    #expect(
      try lines.next(Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 27_440_100, time: 0)) == "")
    #expect(try lines.next(Self.begin) == "")
    #expect(
      try lines.next(insert) == rows + Self.source(last: #"\"27440100\""#) + "c" + Self.times)
  }

  @Test func `messages, inside of a transaction and outside`() throws {
    var lines = try DebeziumLines(after: Self.begin)
    let lsn: UInt64 = 27_439_872
    let times = #"{"op":"m","ts_ms":946684800001"#
    let names = #""schema":"","table":"""#
    let end = #""transaction":null,"message":{"prefix":"p","content":"AP8="}}"# + "\n"
    func message(transactional: Bool) -> [UInt8] {
      Encoder.message(transactional: transactional, lsn: lsn, prefix: "p", content: [0, 0xFF])
    }
    #expect(
      try lines.next(message(transactional: true))
        == times + Self.source(names).dropLast(#""transaction":null,"op":""#.utf8.count) + end)
    #expect(
      try lines.next(Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 27_440_099, time: 0)) == "")
    #expect(
      try lines.next(message(transactional: false))
        == (times
        + Self.source(names, last: #"\"27439872\""#)
        .dropLast(#""transaction":null,"op":""#.utf8.count) + end)
        .replacing(#""txId":742"#, with: #""txId":null"#))
    // Before any commit the time is now.
    var first = try DebeziumLines()
    let line = try first.next(message(transactional: false))
    #expect(line.contains(#""ts_us":946684800001500"#))
  }

  @Test func `what may be rolled back is refused`() throws {
    var lines = try DebeziumLines()
    let refused = #expect(throws: FormatError.self) {
      try lines.next(Encoder.streamStart(1))
    }
    #expect(refused == .provisional(.streamStart, lsn: LSN(rawValue: 27_439_872)))
    var prepared = try DebeziumLines()
    let error = #expect(throws: FormatError.self) {
      try prepared.next(
        Encoder.beginPrepare(3, gid: "g", prepareLSN: 1, endLSN: 2, time: 0))
    }
    #expect(error?.description.contains("two_phase") == true)
  }

  @Test func `numbers that are none are refused by name, and nothing is left of the event`() throws
  {
    var lines = try DebeziumLines(
      after: Encoder.relation(1, "t", [.init("n", 1700)]), Self.begin)
    let error = #expect(throws: FormatError.self) {
      try lines.next(Encoder.insert(1, new: ["NaN"]))
    }
    #expect(
      error
        == .value(
          .inexpressible, table: "public.t", column: "n", type: "numeric",
          lsn: LSN(rawValue: 27_439_872)))
    let binary = #expect(throws: FormatError.self) {
      try lines.next(Encoder.insert(1, new: [.binary([0, 0, 0, 0, 0xC0, 0, 0, 0])]))
    }
    #expect(binary == error)
  }
}

/// A stream of messages and the events that they give.
struct DebeziumLines {
  private var decoder = PgOutputDecoder()
  private var format: DebeziumFormat

  /// A stream that has brought these messages already, all of them without an event.
  init(
    truncates: Bool = false, types: TypeCatalog = TypeCatalog(), after messages: [UInt8]...
  ) throws(FormatError) {
    var options = DebeziumFormat.Options(name: "n\"n", database: "d", version: "0.1.0")
    options.printsTruncates = truncates
    options.now = { PostgresTimestamp(microseconds: 1500) }
    format = DebeziumFormat(types: types, options: options)
    for message in messages {
      let line = try next(message)
      precondition(line.isEmpty)
    }
  }

  /// The events of one message, each with its line feed.
  mutating func next(_ message: [UInt8]) throws(FormatError) -> String {
    let lsn = LSN(rawValue: 27_439_872)
    var output = OutputBuffer()
    do throws(FormatError) {
      try decoder.decode(message.span, at: lsn, wrappingErrors: FormatError.decoding) {
        message throws(FormatError) in
        try format.append(message, at: lsn, provisionalIn: nil, to: &output)
      }
    } catch {
      precondition(output.isEmpty, "an error left a part of an event")
      throw error
    }
    return output.text
  }

  /// The JSON of one value: a column `c` of that type in an inserted row.
  static func value(
    _ value: PgOutputEncoder.Column, _ typeOID: UInt32, modifier: Int32 = -1, scale: Int? = nil
  ) throws(FormatError) -> String {
    let column = PgOutputEncoder.ColumnHeader("c", typeOID, typeModifier: modifier)
    var types = TypeCatalog()
    types.style.moneyScale = scale
    var lines = try DebeziumLines(types: types, after: PgOutputEncoder.relation(1, "t", [column]))
    let line = try lines.next(PgOutputEncoder.update(1, new: [value]))
    let start = #"{"before":null,"after":{"c":"#
    precondition(line.hasPrefix(start), line)
    return String(line.dropFirst(start.count).prefix { $0 != "\n" })
      .components(before: #"},"source":{"#)
  }
}

extension String {
  fileprivate func components(before end: String) -> String {
    range(of: end).map { String(self[..<$0.lowerBound]) } ?? self
  }

  private func range(of text: String) -> Range<String.Index>? { ranges(of: text).last }
}
