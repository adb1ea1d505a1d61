import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Every message kind, from bytes built field by field.
@Suite struct DecodingTests {
  static let table = PgOutputEncoder.relation(
    7, "t", [.key("id", 23), .init("name", 25), .init("big", 25)])

  @Test func `decodes a begin`() throws {
    let payload = PgOutputEncoder.begin(finalLSN: 0x16_B374_D848, time: -5, xid: 0xFFFF_FFF0)
    var decoder = PgOutputDecoder()
    let begin = try Begin(decoding: payload.span)
    #expect(begin.finalLSN == LSN(rawValue: 0x16_B374_D848))
    #expect(begin.commitTime == PostgresTimestamp(microseconds: -5))
    #expect(begin.xid == 0xFFFF_FFF0)
    #expect(try decoder.owned(payload) == .begin(begin))
  }

  @Test func `decodes a commit`() throws {
    let payload = PgOutputEncoder.commit(commitLSN: 1, endLSN: UInt64.max, time: Int64.max)
    var decoder = try PgOutputDecoder(after: PgOutputEncoder.begin(finalLSN: 1, time: 2, xid: 3))
    let commit = try Commit(decoding: payload.span)
    #expect(commit.flags == 0)
    #expect(commit.commitLSN == LSN(rawValue: 1))
    #expect(commit.endLSN == LSN(rawValue: UInt64.max))
    #expect(commit.commitTime == PostgresTimestamp(microseconds: Int64.max))
    #expect(try decoder.owned(payload) == .commit(commit))
  }

  @Test func `decodes an origin`() throws {
    let payload = PgOutputEncoder.origin(commitLSN: 0xABCD, name: "näher dran")
    var decoder = PgOutputDecoder()
    let origin = try ReplicationOrigin(decoding: payload.span)
    #expect(origin.commitLSN == LSN(rawValue: 0xABCD))
    #expect(origin.name == "näher dran")
    #expect(try decoder.owned(payload) == .origin(origin))
  }

  @Test(arguments: [(true, [UInt8]("hello".utf8)), (false, [0, 0xFF]), (true, [])])
  func `decodes a logical message`(transactional: Bool, content: [UInt8]) throws {
    let payload = PgOutputEncoder.message(
      transactional: transactional, lsn: 3, prefix: "pre", content: content)
    var decoder = PgOutputDecoder()
    let message = try LogicalMessage(decoding: payload.span)
    #expect(message.isTransactional == transactional)
    #expect(message.lsn == LSN(rawValue: 3))
    #expect(message.prefix == "pre")
    #expect(message.content == content)
    #expect(try decoder.owned(payload) == .message(message))
  }

  @Test func `decodes a type and remembers it`() throws {
    var decoder = PgOutputDecoder()
    let payload = PgOutputEncoder.type(0x8000_0001, namespace: "", name: "int4")
    let type = try TypeName(decoding: payload.span)
    #expect((type.oid, type.namespace, type.name) == (0x8000_0001, "pg_catalog", "int4"))
    #expect(try decoder.owned(payload) == .type(type))
    #expect(decoder.typeName(oid: 0x8000_0001) == type)
    #expect(decoder.typeName(oid: 1) == nil)
  }

  @Test func `decodes a relation and remembers it`() throws {
    let decoder = try PgOutputDecoder(
      after: PgOutputEncoder.relation(
        0xFFFF_FFFF, namespace: "", "t", identity: "i",
        [.init("a", 1043, typeModifier: 24), .key("ключ", 20)]))
    let relation = try #require(decoder.relation(oid: 0xFFFF_FFFF))
    #expect(relation.oid == 0xFFFF_FFFF)
    #expect(relation.qualifiedName == "pg_catalog.t")
    #expect(relation.replicaIdentity == .index)
    #expect(relation.columns.map(\.name) == ["a", "ключ"])
    #expect(relation.columns.map(\.isKey) == [false, true])
    #expect(relation.columns.map(\.typeOID) == [1043, 20])
    #expect(relation.columns.map(\.typeModifier) == [24, -1])
    #expect(relation.columns.map(\.type) == [.builtin(.varchar), .builtin(.int8)])
  }

  @Test(
    arguments: [("d", .default), ("n", .nothing), ("f", .full), ("i", .index)]
      as [(Character, Relation.ReplicaIdentity)])
  func `knows every replica identity`(letter: Character, identity: Relation.ReplicaIdentity) throws
  {
    let decoder = try PgOutputDecoder(after: PgOutputEncoder.relation(1, "t", identity: letter, []))
    #expect(decoder.relation(oid: 1)?.replicaIdentity == identity)
  }

  @Test func `decodes an insert with every kind of column`() throws {
    var decoder = try PgOutputDecoder(after: Self.table)
    #expect(
      try decoder.owned(PgOutputEncoder.insert(7, new: ["1", nil, .binary([0, 1])]))
        == .insert("public.t", new: .new("1", .null, .binary([0, 1]))))
    #expect(
      try decoder.owned(PgOutputEncoder.insert(7, new: ["", .unchanged, .binary([])]))
        == .insert("public.t", new: .new("", .unchanged, .binary([]))))
  }

  @Test func `decodes rows without columns`() throws {
    var decoder = try PgOutputDecoder(after: PgOutputEncoder.relation(9, "empty", []))
    #expect(
      try decoder.owned(PgOutputEncoder.insert(9, new: [])) == .insert("public.empty", new: .new()))
  }

  @Test func `tells the three kinds of update apart`() throws {
    var decoder = try PgOutputDecoder(after: Self.table)
    #expect(
      try decoder.owned(PgOutputEncoder.update(7, new: ["1", nil, .unchanged]))
        == .update("public.t", old: nil, new: .new("1", .null, .unchanged)))
    #expect(
      try decoder.owned(PgOutputEncoder.update(7, key: ["1", nil, nil], new: ["2", "b", "c"]))
        == .update("public.t", old: .key("1", .notSent, .notSent), new: .new("2", "b", "c")))
    #expect(
      try decoder.owned(
        PgOutputEncoder.update(7, old: ["1", nil, "x"], new: ["2", "b", .unchanged]))
        == .update("public.t", old: .full("1", .null, "x"), new: .new("2", "b", .unchanged)))
  }

  @Test func `tells the two kinds of delete apart`() throws {
    var decoder = try PgOutputDecoder(after: Self.table)
    #expect(
      try decoder.owned(PgOutputEncoder.delete(7, key: ["1", nil, nil]))
        == .delete("public.t", old: .key("1", .notSent, .notSent)))
    #expect(
      try decoder.owned(PgOutputEncoder.delete(7, old: ["1", nil, "x"]))
        == .delete("public.t", old: .full("1", .null, "x")))
  }

  @Test func `a NULL inside a key is a NULL`() throws {
    var decoder = try PgOutputDecoder(after: Self.table)
    #expect(
      try decoder.owned(PgOutputEncoder.delete(7, key: [nil, nil, "sent"]))
        == .delete("public.t", old: .key(.null, .notSent, "sent")))
  }

  @Test(arguments: [(0, false, false), (1, true, false), (2, false, true), (3, true, true)])
  func `decodes a truncate`(options: UInt8, cascade: Bool, restartIdentity: Bool) throws {
    var decoder = try PgOutputDecoder(
      after: Self.table, PgOutputEncoder.relation(8, namespace: "s", "u", []))
    #expect(
      try decoder.owned(PgOutputEncoder.truncate([8, 7], options: options))
        == .truncate(["s.u", "public.t"], cascade: cascade, restartIdentity: restartIdentity))
  }

  @Test func `replaces a relation in mid-stream and keeps the others`() throws {
    var decoder = try PgOutputDecoder(after: Self.table, PgOutputEncoder.relation(8, "u", []))
    let first = try #require(decoder.relation(oid: 7))
    _ = try decoder.owned(PgOutputEncoder.insert(7, new: ["1", "a", "b"]))
    _ = try decoder.owned(PgOutputEncoder.relation(7, "renamed", [.key("id", 23)]))
    let second = try #require(decoder.relation(oid: 7))
    #expect(first !== second)
    #expect(first.name == "t" && first.columns.count == 3)
    #expect(
      try decoder.owned(PgOutputEncoder.insert(7, new: ["1"]))
        == .insert("public.renamed", new: .new("1")))
    #expect(
      try decoder.owned(PgOutputEncoder.insert(8, new: [])) == .insert("public.u", new: .new()))
  }

  @Test(arguments: [8, 24])
  func `ignores a stray stream abort`(length: Int) throws {
    var decoder = PgOutputDecoder()
    let payload = PgOutputEncoder.message("A") {
      $0.write(contentsOf: [UInt8](repeating: 1, count: length))
    }
    #expect(try decoder.owned(payload) == .ignored(.streamAbort))
  }

  @Test func `visits one column at a time`() throws {
    var decoder = try PgOutputDecoder(after: Self.table)
    let payload = PgOutputEncoder.insert(7, new: ["1", nil, .unchanged])
    let columns = try decoder.decode(payload.span, at: .zero) { message -> [OwnedColumn?] in
      guard case .insert(_, let new) = message else { return [] }
      return [2, 0, 1, 3, -1].map { index in new.withColumn(at: index) { OwnedColumn($0) } }
    }
    #expect(columns == [.unchanged, "1", .null, nil, nil])
  }
}
