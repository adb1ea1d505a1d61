import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// What no server sends: an error each, and never a trap.
@Suite struct MalformedTests {
  typealias Encoder = PgOutputEncoder
  static let lsn = LSN(rawValue: 0x1_0000_00AB)
  static let relation = Encoder.relation(7, "t", [.key("id", 23), .init("name", 25)])

  /// A message, and what has to come before it.
  struct Sample: Sendable {
    let bytes: [UInt8]
    var openers: [[UInt8]] = []
    /// A shorter length at which it is in order as well.
    var otherLength: Int?
    /// What is wrong if it has a byte more.
    var whenLonger = WireError.trailingBytes(count: 1)
  }

  /// One of each, with every optional part.
  static let samples = plain + plain.map(inBlock) + outside + framing

  private static let plain: [Sample] = [
    relation,
    Encoder.type(70_000, namespace: "public", name: "mood"),
    Encoder.insert(7, new: ["12", "text"]),
    Encoder.insert(7, new: [.binary([1, 2, 3, 4]), nil]),
    Encoder.update(7, new: ["12", .unchanged]),
    Encoder.update(7, key: ["12", nil], new: ["13", "text"]),
    Encoder.update(7, old: ["12", "was"], new: ["13", "is"]),
    Encoder.delete(7, key: ["12", nil]),
    Encoder.delete(7, old: ["12", "was"]),
    Encoder.truncate([7, 7], options: 3),
    Encoder.message(transactional: true, lsn: 4, prefix: "prefix", content: [1, 2, 3]),
  ].map { Sample(bytes: $0) }

  private static func inBlock(_ sample: Sample) -> Sample {
    Sample(bytes: Encoder.inBlock(9, sample.bytes), openers: [Encoder.streamStart(9)])
  }

  private static let outside: [Sample] = [
    Encoder.begin(finalLSN: 1, time: 2, xid: 3),
    Encoder.origin(commitLSN: 1, name: "origin"),
    Encoder.streamStart(9),
    Encoder.beginPrepare(5, gid: "gid"),
    Encoder.prepared("K", 5, gid: "gid"),
    Encoder.rollbackPrepared(5, gid: "gid"),
  ].map { Sample(bytes: $0) }

  private static let framing: [Sample] = {
    let stopped = [Encoder.streamStart(9), Encoder.streamStop]
    let longer = WireError.truncated(needed: 8, available: 1)
    return [
      Sample(
        bytes: Encoder.commit(commitLSN: 1, endLSN: 2, time: 3),
        openers: [Encoder.begin(finalLSN: 1, time: 2, xid: 3)]),
      Sample(
        bytes: Encoder.prepared("P", 5, gid: "gid"),
        openers: [Encoder.beginPrepare(5, gid: "gid")]),
      Sample(bytes: Encoder.streamStop, openers: [Encoder.streamStart(9)]),
      Sample(bytes: Encoder.streamCommit(9), openers: stopped),
      Sample(bytes: Encoder.prepared("p", 9, gid: "gid"), openers: stopped),
      Sample(bytes: Encoder.streamAbort(9, subxid: 10), openers: stopped, whenLonger: longer),
      Sample(
        bytes: Encoder.streamAbort(9, subxid: 9, lsn: 1, time: 2), openers: stopped,
        otherLength: 9),
      Sample(bytes: Encoder.streamAbort(9, subxid: 9), whenLonger: longer),
    ]
  }()

  private func error(_ payload: [UInt8], after openers: [[UInt8]] = []) throws -> PgOutputError? {
    var decoder = try PgOutputDecoder(after: Self.relation)
    for opener in openers { _ = try decoder.owned(opener) }
    do throws(PgOutputError) {
      _ = try decoder.owned(payload, at: Self.lsn)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: samples)
  func `a message cut anywhere is an error`(sample: Sample) throws {
    #expect(try error(sample.bytes, after: sample.openers) == nil)
    for count in 0..<sample.bytes.count where count != sample.otherLength {
      let found = try error(Array(sample.bytes.prefix(count)), after: sample.openers)
      #expect(found != nil, "the first \(count) bytes")
    }
  }

  @Test(arguments: samples)
  func `a message with a byte too many is an error`(sample: Sample) throws {
    let kind = try #require(peek(sample.bytes))
    #expect(
      try error(sample.bytes + [0], after: sample.openers)
        == .malformed(kind, sample.whenLonger, lsn: Self.lsn))
  }

  @Test(arguments: samples)
  func `a message with any byte changed never traps`(sample: Sample) throws {
    for index in sample.bytes.indices {
      for value: UInt8 in [0, 1, 0x4B, 0x4E, 0x4F, 0x62, 0x6E, 0x74, 0x75, 0x7F, 0x80, 0xFF] {
        var changed = sample.bytes
        changed[index] = value
        _ = try error(changed, after: sample.openers)
      }
    }
  }

  @Test func `an empty payload is an error`() throws {
    #expect(try error([]) == .emptyMessage(lsn: Self.lsn))
  }

  @Test(arguments: ["X", "i", "\u{0}", "~"] as [Character])
  func `an unknown letter is an error`(letter: Character) throws {
    let expected = try #require(letter.asciiValue)
    #expect(
      try error(Encoder.message(letter) { _ in })
        == .unknownMessage(letter: expected, lsn: Self.lsn))
  }

  @Test(
    arguments: [
      (Encoder.insert(8, new: []), .insert), (Encoder.update(8, new: []), .update),
      (Encoder.delete(8, old: []), .delete), (Encoder.truncate([7, 8]), .truncate),
    ] as [([UInt8], PgOutputMessage.Kind)])
  func `an unknown relation is named`(message: [UInt8], kind: PgOutputMessage.Kind) throws {
    #expect(try error(message) == .unknownRelation(oid: 8, kind, lsn: Self.lsn))
  }

  @Test(arguments: [["1"], ["1", "2", "3"], []] as [[Encoder.Column]])
  func `a tuple must have the relation's columns`(columns: [Encoder.Column]) throws {
    let mismatch = PgOutputError.columnCountMismatch(
      relation: "public.t", expected: 2, actual: columns.count, lsn: Self.lsn)
    #expect(try error(Encoder.insert(7, new: columns)) == mismatch)
    #expect(try error(Encoder.update(7, key: columns, new: ["1", "2"])) == mismatch)
    #expect(try error(Encoder.update(7, old: ["1", "2"], new: columns)) == mismatch)
    #expect(try error(Encoder.delete(7, old: columns)) == mismatch)
  }

  @Test(arguments: [Int32.min, -1, 3, 5, Int32.max])
  func `a column's length must fit`(length: Int32) throws {
    for letter: Character in ["t", "b"] {
      let payload = Encoder.message("I") { output in
        output.write(UInt32(7))
        output.write("N", ["1"])
        output.write(contentsOf: letter.utf8)
        output.write(length)
        output.write(UInt32(0))
      }
      var counted = payload
      counted[7] = 2
      let reason: WireError =
        length < 0
        ? .invalidValue(field: "column length", value: Int64(length))
        : length == 3
          ? .trailingBytes(count: 1) : .truncated(needed: Int(length), available: 4)
      #expect(try error(counted) == .malformed(.insert, reason, lsn: Self.lsn))
    }
  }

  @Test(arguments: [-1, Int16.min])
  func `counts of columns can't be negative`(count: Int16) throws {
    let reason = WireError.invalidValue(field: "column count", value: Int64(count))
    let tuple = Encoder.message("I") { output in
      output.write(UInt32(7))
      output.write(UInt8(ascii: "N"))
      output.write(count)
    }
    #expect(try error(tuple) == .malformed(.insert, reason, lsn: Self.lsn))
    let relation = Encoder.message("R") { output in
      output.write(UInt32(7))
      output.write(contentsOf: [0, 0, UInt8(ascii: "d")])
      output.write(count)
    }
    #expect(try error(relation) == .malformed(.relation, reason, lsn: Self.lsn))
  }

  @Test func `a count that the message can't hold is refused before anything is allocated`() throws
  {
    let relation = Encoder.message("R") { output in
      output.write(UInt32(7))
      output.write(contentsOf: [0, 0, UInt8(ascii: "d")])
      output.write(Int16.max)
    }
    #expect(
      try error(relation)
        == .malformed(.relation, .truncated(needed: 327_670, available: 0), lsn: Self.lsn))
    let truncate = Encoder.message("T") { output in
      output.write(Int32.max)
      output.write(UInt8(0))
    }
    #expect(
      try error(truncate)
        == .malformed(.truncate, .truncated(needed: 8_589_934_588, available: 0), lsn: Self.lsn))
  }

  @Test func `other lengths and counts can't be negative`() throws {
    let truncate = Encoder.message("T") { output in
      output.write(Int32(-1))
      output.write(UInt8(0))
    }
    #expect(
      try error(truncate)
        == .malformed(
          .truncate, .invalidValue(field: "relation count", value: -1), lsn: Self.lsn))
    let message = Encoder.message("M") { output in
      output.write(contentsOf: [UInt8](repeating: 0, count: 10))
      output.write(Int32.min)
    }
    #expect(
      try error(message)
        == .malformed(
          .message, .invalidValue(field: "content length", value: -2_147_483_648), lsn: Self.lsn))
  }

  @Test func `an unknown replica identity is an error`() throws {
    #expect(
      try error(Encoder.relation(7, "t", identity: "x", []))
        == .malformed(
          .relation, .invalidValue(field: "replica identity", value: 0x78), lsn: Self.lsn))
  }

  @Test func `an unknown column kind names the column`() throws {
    var payload = Encoder.insert(7, new: ["1", nil])
    payload[payload.count - 1] = UInt8(ascii: "z")
    let found = try #require(try error(payload))
    #expect(
      found
        == .unknownColumnKind(
          letter: UInt8(ascii: "z"), relation: "public.t", column: "name", lsn: Self.lsn))
    #expect(
      found.description == "pgoutput tuple at 1/AB: unknown kind 'z' for name of public.t")
  }

  @Test(
    arguments: [
      ("I", ["K"], "K"), ("I", ["O"], "O"), ("I", ["x"], "x"), ("U", ["K", "O"], "O"),
      ("U", ["O", "K"], "K"), ("U", ["K", "x"], "x"), ("D", ["N"], "N"), ("D", ["x"], "x"),
    ] as [(Character, [Character], Character)])
  func `a tuple out of its place is an error`(
    message: Character, tuples: [Character], wrong: Character
  ) throws {
    let payload = Encoder.message(message) { output in
      output.write(UInt32(7))
      for tuple in tuples { output.write(tuple, ["1", "2"]) }
    }
    let kind = try #require(peek(payload))
    let letter = try #require(wrong.asciiValue)
    #expect(
      try error(payload)
        == .unexpectedTuple(letter: letter, kind, relation: "public.t", lsn: Self.lsn))
  }

  @Test func `names that aren't UTF-8 are an error`() throws {
    for message in [
      Encoder.origin(commitLSN: 0, name: "é"), Encoder.type(1, namespace: "é", name: ""),
      Encoder.relation(1, "é", []), Encoder.relation(1, "t", [.init("é", 1)]),
      Encoder.message(transactional: true, lsn: 0, prefix: "é", content: []),
    ] {
      let kind = try #require(peek(message))
      let broken = message.filter { $0 != 0xA9 }
      #expect(try error(broken) == .malformed(kind, .invalidUTF8, lsn: Self.lsn))
    }
  }

  @Test func `after an error the decoder is as it was`() throws {
    var decoder = try PgOutputDecoder(after: Self.relation)
    let before = try #require(decoder.relation(oid: 7))
    let other = Encoder.relation(7, "other", [.key("id", 23)])
    for count in 0..<other.count {
      #expect(throws: PgOutputError.self) { try decoder.owned(Array(other.prefix(count))) }
    }
    #expect(decoder.relation(oid: 7) === before)
    #expect(
      try decoder.owned(Encoder.insert(7, new: ["1", "a"]))
        == .insert("public.t", new: .new("1", "a")))
  }
}
