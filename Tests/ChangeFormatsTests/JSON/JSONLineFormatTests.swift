import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Whole lines, for every kind of message.
@Suite struct JSONLineTests {
  typealias Encoder = PgOutputEncoder

  private static let table = Encoder.relation(
    7, "t", [.key("id", 23), .init("name", 25), .init("big", 25)])
  private static let fullTable = Encoder.relation(
    8, namespace: "other", "f", identity: "f", [.key("id", 23), .key("name", 25), .key("big", 25)])

  @Test func `a transaction's frame`() throws {
    var lines = try Lines()
    #expect(
      try lines.next(Encoder.begin(finalLSN: 0x1A2_B3C4, time: 0, xid: 742))
        == #"{"kind":"begin","xid":742,"commitLSN":"0/1A2B3C4","#
        + #""commitTime":"2000-01-01T00:00:00Z"}"# + "\n")
    #expect(
      try lines.next(
        Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 0x16_0000_0001, time: 1_500_000))
        == #"{"kind":"commit","xid":742,"commitLSN":"0/1A2B3C4","endLSN":"16/1","#
        + #""commitTime":"2000-01-01T00:00:01.5Z"}"# + "\n")
    #expect(
      try lines.next(Encoder.begin(finalLSN: UInt64.max - 1, time: -1, xid: UInt32.max))
        == #"{"kind":"begin","xid":4294967295,"commitLSN":"FFFFFFFF/FFFFFFFE","#
        + #""commitTime":"1999-12-31T23:59:59.999999Z"}"# + "\n")
    #expect(
      try lines.next(Encoder.commit(commitLSN: UInt64.max - 1, endLSN: UInt64.max, time: 0))
        == #"{"kind":"commit","xid":4294967295,"commitLSN":"FFFFFFFF/FFFFFFFE","#
        + #""endLSN":"FFFFFFFF/FFFFFFFF","#
        + #""commitTime":"2000-01-01T00:00:00Z"}"# + "\n")
  }

  @Test func `an insert`() throws {
    var lines = try Lines(after: Self.table)
    #expect(
      try lines.next(Encoder.insert(7, new: ["1", nil, "x"]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""new":{"id":1,"name":null,"big":"x"}}"# + "\n")
  }

  @Test func `an insert of no columns, and one of NULLs only`() throws {
    var lines = try Lines(
      after: Encoder.relation(1, namespace: "", "empty", []),
      Encoder.relation(2, "n", [.init("a", 23), .init("b", 23)]))
    #expect(
      try lines.next(Encoder.insert(1, new: []))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"pg_catalog","table":"empty","#
        + #""new":{}}"# + "\n")
    #expect(
      try lines.next(Encoder.insert(2, new: [nil, nil]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"n","#
        + #""new":{"a":null,"b":null}}"# + "\n")
  }

  @Test func `an update without an old row`() throws {
    var lines = try Lines(after: Self.table)
    #expect(
      try lines.next(Encoder.update(7, new: ["1", "n", "b"]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"none","old":null,"new":{"id":1,"name":"n","big":"b"}}"# + "\n")
  }

  @Test func `an unchanged column is absent and named`() throws {
    var lines = try Lines(after: Self.table)
    #expect(
      try lines.next(Encoder.update(7, new: ["1", .unchanged, .unchanged]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"none","old":null,"new":{"id":1},"unchanged":["name","big"]}"# + "\n")
    #expect(
      try lines.next(Encoder.update(7, new: ["1", "n", "b"]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"none","old":null,"new":{"id":1,"name":"n","big":"b"}}"# + "\n")
  }

  @Test func `a key holds the key alone and fills in the key alone`() throws {
    var lines = try Lines(after: Self.table)
    #expect(
      try lines.next(Encoder.update(7, key: ["1", nil, nil], new: ["2", nil, .unchanged]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"key","old":{"id":1},"new":{"id":2,"name":null},"unchanged":["big"]}"#
        + "\n")
    #expect(
      try lines.next(Encoder.update(7, key: ["1", nil, nil], new: [.unchanged, "n", "b"]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"key","old":{"id":1},"new":{"id":1,"name":"n","big":"b"}}"# + "\n")
  }

  @Test func `a key needn't be in front`() throws {
    var lines = try Lines(
      after: Encoder.relation(
        7, "t", identity: "i", [.init("a", 23), .key("b", 25), .init("c", 25)]))
    #expect(
      try lines.next(Encoder.delete(7, key: [nil, "k", nil]))
        == #"{"kind":"delete","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"key","old":{"b":"k"}}"# + "\n")
  }

  @Test func `a full old row fills in any column`() throws {
    var lines = try Lines(after: Self.fullTable)
    #expect(
      try lines.next(
        Encoder.update(8, old: ["1", nil, "big"], new: ["2", .unchanged, .unchanged]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"other","table":"f","#
        + #""identity":"full","old":{"id":1,"name":null,"big":"big"},"#
        + #""new":{"id":2,"name":null,"big":"big"}}"# + "\n")
    #expect(
      try lines.next(
        Encoder.update(8, old: ["1", nil, .unchanged], new: ["2", "n", .unchanged]))
        == #"{"kind":"update","lsn":"0/1A2B300","schema":"other","table":"f","#
        + #""identity":"full","old":{"id":1,"name":null},"new":{"id":2,"name":"n"},"#
        + #""unchanged":["big"]}"# + "\n")
  }

  @Test func `deletes`() throws {
    var lines = try Lines(after: Self.table, Self.fullTable)
    #expect(
      try lines.next(Encoder.delete(7, key: ["1", nil, nil]))
        == #"{"kind":"delete","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""identity":"key","old":{"id":1}}"# + "\n")
    #expect(
      try lines.next(Encoder.delete(8, old: ["1", nil, "b"]))
        == #"{"kind":"delete","lsn":"0/1A2B300","schema":"other","table":"f","#
        + #""identity":"full","old":{"id":1,"name":null,"big":"b"}}"# + "\n")
  }

  @Test func `truncates`() throws {
    var lines = try Lines(
      after: Self.table, Encoder.relation(9, namespace: "S \"1\"", "a.b", []))
    #expect(
      try lines.next(Encoder.truncate([7], options: 2))
        == #"{"kind":"truncate","lsn":"0/1A2B300","relations":["public.t"],"#
        + #""cascade":false,"restartIdentity":true}"# + "\n")
    #expect(
      try lines.next(Encoder.truncate([9, 7], options: 1))
        == #"{"kind":"truncate","lsn":"0/1A2B300","relations":["\"S \"\"1\"\"\".\"a.b\"","public.t"],"#
        + #""cascade":true,"restartIdentity":false}"# + "\n")
  }

  @Test func `logical messages`() throws {
    var lines = try Lines()
    #expect(
      try lines.next(
        Encoder.message(transactional: true, lsn: 5, prefix: "p", content: Array("é\n".utf8)))
        == #"{"kind":"message","lsn":"0/5","transactional":true,"prefix":"p","#
        + #""content":"é\n"}"# + "\n")
    #expect(
      try lines.next(
        Encoder.message(transactional: false, lsn: 5, prefix: "\"", content: [0, 0xFF]))
        == #"{"kind":"message","lsn":"0/5","transactional":false,"prefix":"\"","#
        + #""content":"AP8=","encoding":"base64"}"# + "\n")
  }

  @Test(
    arguments: [
      ([0xFF], "/w=="), ([0xFF, 0xFE], "//4="), ([0xFF, 0xFE, 0xFD], "//79"),
      ([0xF8, 0, 0x3E, 0xFB], "+AA++w=="), ([], ""), ([0], "\\u0000"),
    ] as [([UInt8], String)])
  func `content that is no text is base64`(content: [UInt8], expected: String) throws {
    var lines = try Lines()
    let line = try lines.next(
      Encoder.message(transactional: true, lsn: 0, prefix: "", content: content))
    #expect(line.contains(#""content":"\#(expected)""#))
    #expect(line.contains("base64") == (content.count > 0 && content != [0]))
  }

  @Test func `what is no event gives no line`() throws {
    var lines = try Lines(
      after: Self.table, Encoder.type(70_000, namespace: "s", name: "n"),
      Encoder.origin(commitLSN: 1, name: "o"),
      Encoder.message("A") { $0.write(UInt64(0)) })
    #expect(try lines.next(Encoder.insert(7, new: ["1", nil, nil])).isEmpty == false)
  }

  @Test func `names are escaped, and follow the latest relation`() throws {
    var lines = try Lines(
      after: Encoder.relation(7, namespace: "a\"b", "c\\d\u{1}\u{7F}", [.init("e\tf😀", 25)]))
    #expect(
      try lines.next(Encoder.insert(7, new: [.unchanged]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"a\"b","table":"c\\d\u0001\u007F","#
        + #""new":{},"unchanged":["e\tf😀"]}"# + "\n")
    _ = try lines.next(Encoder.relation(7, "t", [.init("{", 23)]))
    #expect(
      try lines.next(Encoder.insert(7, new: ["1"]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""new":{"{":1}}"# + "\n")
  }

  @Test func `a comma stands between any two members`() throws {
    let table = Encoder.relation(7, "t", [.init("a", 25), .init("{", 1009), .init("c", 114)])
    var lines = try Lines(after: table)
    #expect(
      try lines.next(Encoder.insert(7, new: ["{", "{\"{\"}", "{}"]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""new":{"a":"{","{":["{"],"c":{}}}"# + "\n")
  }

  @Test func `positions are printed unpadded`() throws {
    var lines = try Lines(after: Encoder.relation(7, "t", []))
    for (value, text) in [
      (0, "0/0"), (0xF, "0/F"), (0x10, "0/10"), (0xFFF_FFFF, "0/FFFFFFF"),
      (0x1000_0000, "0/10000000"), (0x16_B374_D848, "16/B374D848"), (1 << 63, "80000000/0"),
    ] as [(UInt64, String)] {
      let line = try lines.next(Encoder.insert(7, new: []), at: value)
      #expect(line.hasPrefix(#"{"kind":"insert","lsn":"\#(text)","schema""#))
      #expect(text == LSN(rawValue: value).description)
    }
  }

  @Test func `an error names the place and not the value`() throws {
    var lines = try Lines(after: Self.table)
    let found = #expect(throws: FormatError.self) {
      try lines.next(Encoder.insert(7, new: ["secret", nil, nil]))
    }
    #expect(
      found
        == .value(
          .unexpectedText, table: "public.t", column: "id", type: "int4",
          lsn: LSN(rawValue: 0x1A2_B300)))
    #expect(
      found?.description
        == "change at 0/1A2B300: column id of public.t holds no text of type int4")
    #expect(
      try lines.next(Encoder.insert(7, new: ["1", nil, nil]))
        == #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","#
        + #""new":{"id":1,"name":null,"big":null}}"# + "\n")
  }

  @Test func `a binary value gives the line that its text gives`() throws {
    var lines = try Lines(after: Self.table)
    let line = try lines.next(Encoder.insert(7, new: ["1", "é", nil]))
    #expect(
      try lines.next(
        Encoder.insert(7, new: [.binary([0, 0, 0, 1]), .binary(Array("é".utf8)), nil])) == line)
  }

  @Test func `a binary value that is none of its type names its place`() throws {
    var lines = try Lines(after: Self.table)
    #expect(
      throws: FormatError.value(
        .unexpectedBinary, table: "public.t", column: "id", type: "int4",
        lsn: LSN(rawValue: 0x1A2_B300))
    ) {
      try lines.next(Encoder.insert(7, new: [.binary([1]), nil, nil]))
    }
  }

  @Test func `a binary value of a type that isn't known names the type`() throws {
    var lines = try Lines(
      after: Encoder.type(16_400, namespace: "public", name: "mood"),
      Encoder.relation(8, "m", [.init("mood", 16_400)]))
    let found = #expect(
      throws: FormatError.value(
        .unknownBinary, table: "public.m", column: "mood", type: "public.mood",
        lsn: LSN(rawValue: 0x1A2_B300))
    ) {
      try lines.next(Encoder.insert(8, new: [.binary(Array("secret".utf8))]))
    }
    #expect(found?.description.contains("secret") == false)
  }

  @Test func `a decoding error comes through`() throws {
    var lines = try Lines()
    #expect(
      throws: FormatError.decoding(.emptyMessage(lsn: LSN(rawValue: 0x1A2_B300)))
    ) {
      try lines.next([])
    }
  }
}
