import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Transactions that come in blocks, and those that are prepared.
@Suite struct StreamedDecodingTests {
  typealias Encoder = PgOutputEncoder

  /// A decoder with the block of transaction 9 open.
  private func inBlock() throws -> PgOutputDecoder {
    try PgOutputDecoder(after: DecodingTests.table, Encoder.streamStart(9))
  }

  @Test func `decodes what frames a streamed transaction`() throws {
    var decoder = PgOutputDecoder()
    guard case .streamStart(let start) = try decoder.owned(Encoder.streamStart(9)) else {
      Issue.record("no Stream Start")
      return
    }
    #expect(start.xid == 9 && start.isFirst)
    #expect(decoder.streamedTransaction == 9)
    #expect(try decoder.owned(Encoder.streamStop) == .streamStop(xid: 9))
    #expect(decoder.streamedTransaction == nil)
    let payload = Encoder.streamCommit(9, commitLSN: 0xA, endLSN: UInt64.max, time: -1)
    let commit = try StreamCommit(decoding: payload.span)
    #expect(try decoder.owned(payload) == .streamCommit(commit))
    #expect((commit.xid, commit.flags, commit.commitLSN) == (9, 0, LSN(rawValue: 0xA)))
    #expect(commit.endLSN == LSN(rawValue: UInt64.max))
    #expect(commit.commitTime == PostgresTimestamp(microseconds: -1))
  }

  @Test func `takes the xid off every kind of change`() throws {
    var decoder = try inBlock()
    for (message, expected) in [
      (Encoder.insert(7, new: ["1", nil, "x"]), .insert("public.t", new: .new("1", .null, "x"))),
      (
        Encoder.update(7, key: ["1", nil, nil], new: ["2", "b", .unchanged]),
        .update("public.t", old: .key("1", .notSent, .notSent), new: .new("2", "b", .unchanged))
      ),
      (Encoder.delete(7, old: ["1", nil, "x"]), .delete("public.t", old: .full("1", .null, "x"))),
      (
        Encoder.truncate([7], options: 1),
        .truncate(["public.t"], cascade: true, restartIdentity: false)
      ),
      (Encoder.relation(8, "u", [.key("id", 23)]), .relation("public.u")),
    ] as [([UInt8], OwnedMessage)] {
      let payload = Encoder.inBlock(0xFFFF_FFFE, message)
      #expect(decoder.xid(of: payload.span) == 0xFFFF_FFFE)
      #expect(try decoder.owned(payload) == expected)
    }
    let type = Encoder.type(70_000, namespace: "public", name: "mood")
    #expect(
      try decoder.owned(Encoder.inBlock(9, type)) == .type(try TypeName(decoding: type.span)))
    #expect(decoder.typeName(oid: 70_000)?.name == "mood")
    #expect(decoder.relation(oid: 8)?.columns.map(\.name) == ["id"])
  }

  @Test func `an insert is told from one outside, whatever the numbers`() throws {
    // The xid is the table's oid, and the oid begins with the letter of a tuple.
    var decoder = try PgOutputDecoder(
      after: Encoder.relation(0x4E00_0001, "u", [.key("id", 23)]),
      Encoder.relation(7, "t", [.key("id", 23)]), Encoder.streamStart(7))
    let payload = Encoder.inBlock(7, Encoder.insert(0x4E00_0001, new: ["1"]))
    #expect(try decoder.owned(payload) == .insert("public.u", new: .new("1")))
    #expect(try decoder.owned(payload) == .insert("public.u", new: .new("1")))
    _ = try decoder.owned(Encoder.streamStop)
    #expect(
      try decoder.owned(Encoder.insert(7, new: ["2"])) == .insert("public.t", new: .new("2")))
  }

  @Test func `a logical message has an xid in a block alone`() throws {
    var decoder = try inBlock()
    let message = Encoder.message(transactional: true, lsn: 3, prefix: "p", content: [1])
    guard case .message(let inside) = try decoder.owned(Encoder.inBlock(10, message)) else {
      Issue.record("no message")
      return
    }
    #expect(inside.xid == 10 && inside.isTransactional && inside.content == [1])
    let again = try LogicalMessage(
      decoding: Encoder.inBlock(10, message).span, isInStreamedBlock: true)
    #expect(inside == again)
    #expect(try LogicalMessage(decoding: message.span).xid == nil)
  }

  @Test func `an origin never has an xid`() throws {
    var decoder = try inBlock()
    let origin = Encoder.origin(commitLSN: 0, name: "other")
    #expect(decoder.xid(of: origin.span) == nil)
    #expect(try decoder.owned(origin) == .origin(try ReplicationOrigin(decoding: origin.span)))
  }

  @Test func `blocks of several transactions alternate`() throws {
    var decoder = try inBlock()
    let message = Encoder.insert(7, new: ["1", "a", "b"])
    let inserted = OwnedMessage.insert("public.t", new: .new("1", "a", "b"))
    _ = try decoder.owned(Encoder.streamStop)
    #expect(decoder.xid(of: message.span) == nil)
    for payload in [
      Encoder.begin(finalLSN: 1, time: 2, xid: 3), message,
      Encoder.commit(commitLSN: 1, endLSN: 2, time: 3), Encoder.streamStart(11),
      Encoder.inBlock(12, message), Encoder.streamStop, Encoder.streamStart(9, isFirst: false),
    ] { _ = try decoder.owned(payload) }
    #expect(try decoder.owned(Encoder.inBlock(9, message)) == inserted)
    for payload in [
      Encoder.streamStop, Encoder.streamAbort(11, subxid: 12), Encoder.streamCommit(9),
      Encoder.streamAbort(11, subxid: 11),
    ] { _ = try decoder.owned(payload) }
    // A transaction that has ended may have its number used again, after four billion others.
    #expect(try decoder.owned(Encoder.streamStart(9)) != .ignored(.streamStart))
  }

  @Test func `both lengths of a stream abort`() throws {
    var decoder = try inBlock()
    _ = try decoder.owned(Encoder.streamStop)
    let short = Encoder.streamAbort(9, subxid: 10)
    let long = Encoder.streamAbort(9, subxid: 9, lsn: 0xAB, time: 5)
    let (part, whole) = try (
      StreamAbort(decoding: short.span), StreamAbort(decoding: long.span)
    )
    #expect(try decoder.owned(short) == .streamAbort(part))
    #expect((part.xid, part.subxid, part.isWhole) == (9, 10, false))
    #expect(part.abortLSN == nil && part.abortTime == nil)
    #expect(try decoder.owned(long) == .streamAbort(whole))
    #expect(whole.isWhole && whole.abortLSN == LSN(rawValue: 0xAB))
    #expect(whole.abortTime == PostgresTimestamp(microseconds: 5))
    #expect(try decoder.owned(short) == .ignored(.streamAbort))
  }

  @Test func `decodes what frames a prepared transaction`() throws {
    var decoder = try PgOutputDecoder(after: DecodingTests.table)
    let beginPayload = Encoder.beginPrepare(5, gid: "gïd", prepareLSN: 0xA, endLSN: 0xB, time: 6)
    let begin = try BeginPrepare(decoding: beginPayload.span)
    #expect((begin.prepareLSN, begin.endLSN) == (LSN(rawValue: 0xA), LSN(rawValue: 0xB)))
    #expect((begin.xid, begin.gid) == (5, "gïd"))
    #expect(begin.prepareTime == PostgresTimestamp(microseconds: 6))
    #expect(try decoder.owned(beginPayload) == .beginPrepare(begin))
    _ = try decoder.owned(Encoder.insert(7, new: ["1", "a", "b"]))

    let preparePayload = Encoder.prepared("P", 5, gid: "gïd", lsn: 0xA, endLSN: 0xB, time: 6)
    let prepare = try Prepare(decoding: preparePayload.span)
    #expect((prepare.prepareLSN, prepare.endLSN) == (LSN(rawValue: 0xA), LSN(rawValue: 0xB)))
    #expect((prepare.xid, prepare.gid, prepare.flags) == (5, "gïd", 0))
    #expect(try decoder.owned(preparePayload) == .prepare(prepare))

    let commitPayload = Encoder.prepared("K", 5, gid: "gïd", lsn: 0xC, endLSN: 0xD, time: 7)
    let commit = try CommitPrepared(decoding: commitPayload.span)
    #expect((commit.commitLSN, commit.endLSN) == (LSN(rawValue: 0xC), LSN(rawValue: 0xD)))
    #expect((commit.xid, commit.gid) == (5, "gïd"))
    #expect(commit.commitTime == PostgresTimestamp(microseconds: 7))
    #expect(try decoder.owned(commitPayload) == .commitPrepared(commit))

    let rollbackPayload = Encoder.rollbackPrepared(
      6, gid: "", prepareEndLSN: 0xB, endLSN: 0xE, prepareTime: 8, rollbackTime: 9)
    let rollback = try RollbackPrepared(decoding: rollbackPayload.span)
    #expect((rollback.prepareEndLSN, rollback.endLSN) == (LSN(rawValue: 0xB), LSN(rawValue: 0xE)))
    #expect((rollback.xid, rollback.gid) == (6, ""))
    #expect(rollback.prepareTime == PostgresTimestamp(microseconds: 8))
    #expect(rollback.rollbackTime == PostgresTimestamp(microseconds: 9))
    #expect(try decoder.owned(rollbackPayload) == .rollbackPrepared(rollback))
  }

  @Test func `a streamed transaction may be prepared`() throws {
    var decoder = try inBlock()
    _ = try decoder.owned(Encoder.streamStop)
    let payload = Encoder.prepared("p", 9, gid: "g")
    #expect(try decoder.owned(payload) == .streamPrepare(try Prepare(decoding: payload.span)))
    #expect(throws: PgOutputError.unexpectedStream(.streamCommit, xid: 9, lsn: .zero)) {
      try decoder.owned(Encoder.streamCommit(9))
    }
  }
}
