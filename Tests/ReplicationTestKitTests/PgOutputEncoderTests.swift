import CDCTime
import PGOutput
import PGWire
import ReplicationTestKit
import Testing

private typealias Encoder = PgOutputEncoder

/// The messages of pgoutput, as the protocol's page draws them and as the decoder reads them.
@Suite struct PgOutputEncoderTests {
  private static let commitLSN = LSN(rawValue: 0x16_B374_D848)
  private static let endLSN = LSN(rawValue: 0x16_B374_D870)
  private static let time = PostgresTimestamp(microseconds: -5)

  // MARK: Bytes

  @Test func `a transaction is as the page draws it`() {
    #expect(
      Encoder.begin(finalLSN: Self.commitLSN, commitTime: Self.time, xid: 0xFFFF_FFF0)
        == [
          0x42, 0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
          0xFB, 0xFF, 0xFF, 0xFF, 0xF0,
        ])
    #expect(
      Encoder.commit(
        commitLSN: LSN(rawValue: 1), endLSN: LSN(rawValue: 2),
        commitTime: PostgresTimestamp(microseconds: 3))
        == [0x43, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3])
    #expect(
      Encoder.origin(commitLSN: LSN(rawValue: 1), name: "o")
        == [0x4F, 0, 0, 0, 0, 0, 0, 0, 1, 0x6F, 0])
    #expect(
      Encoder.message(isTransactional: true, lsn: LSN(rawValue: 1), prefix: "p", content: [7, 8])
        == [0x4D, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x70, 0, 0, 0, 0, 2, 7, 8])
  }

  @Test func `a row has a kind for each column`() {
    #expect(
      Encoder.insert(5, new: [nil, .unchanged, "a", .binary([9])])
        == [
          0x49, 0, 0, 0, 5, 0x4E, 0, 4, 0x6E, 0x75, 0x74, 0, 0, 0, 1, 0x61, 0x62, 0, 0, 0, 1, 9,
        ])
    #expect(
      Encoder.update(5, key: ["a"], new: ["b"])
        == [
          0x55, 0, 0, 0, 5, 0x4B, 0, 1, 0x74, 0, 0, 0, 1, 0x61, 0x4E, 0, 1, 0x74, 0, 0, 0, 1, 0x62,
        ])
    #expect(
      Encoder.delete(5, old: ["a"]) == [0x44, 0, 0, 0, 5, 0x4F, 0, 1, 0x74, 0, 0, 0, 1, 0x61])
    #expect(
      Encoder.truncate([5, 6], cascades: true, restartsIdentity: true)
        == [0x54, 0, 0, 0, 2, 3, 0, 0, 0, 5, 0, 0, 0, 6])
  }

  @Test func `in a block the transaction's id follows the letter`() {
    let insert = Encoder.insert(5, new: [nil])
    #expect(
      Encoder.inBlock(0x0102_0304, insert)
        == [0x49, 1, 2, 3, 4] + Array(insert.dropFirst()))
    #expect(Encoder.streamStart(9) == [0x53, 0, 0, 0, 9, 1])
    #expect(Encoder.streamStart(9, isFirst: false) == [0x53, 0, 0, 0, 9, 0])
    #expect(Encoder.streamStop == [0x45])
    #expect(Encoder.message("Z", body: [1, 2]) == [0x5A, 1, 2])
  }

  // MARK: What the decoder reads

  @Test func `tables and types are read as they were written`() throws {
    var decoder = PgOutputDecoder()
    let type = Encoder.type(70_000, namespace: "public", name: "mood")
    let relation = Encoder.relation(
      16_384, namespace: "shop", "orders", identity: .index,
      [.key("id", 20), .init("mood", 70_000, typeModifier: 12)])
    for payload in [type, relation] { try decoder.decode(payload.span, at: .zero) { _ in } }
    #expect(decoder.typeName(oid: 70_000)?.name == "mood")
    let found = try #require(decoder.relation(oid: 16_384))
    #expect(found.qualifiedName == "shop.orders")
    #expect(found.replicaIdentity == .index)
    #expect(found.columns.map(\.name) == ["id", "mood"])
    #expect(found.columns.map(\.isKey) == [true, false])
    #expect(found.columns.map(\.typeModifier) == [-1, 12])
  }

  @Test func `what frames a streamed transaction is read as it was written`() throws {
    let commit = Encoder.streamCommit(
      9, commitLSN: Self.commitLSN, endLSN: Self.endLSN, commitTime: Self.time)
    let committed = try StreamCommit(decoding: commit.span)
    #expect(committed.xid == 9)
    #expect(committed.commitLSN == Self.commitLSN)
    #expect(committed.endLSN == Self.endLSN)
    #expect(committed.commitTime == Self.time)

    let short = try StreamAbort(decoding: Encoder.streamAbort(9, subxid: 10).span)
    #expect((short.xid, short.subxid) == (9, 10))
    #expect(short.abortLSN == nil)
    let abort = Encoder.streamAbort(
      9, subxid: 9, abortLSN: Self.endLSN, abortTime: Self.time)
    let long = try StreamAbort(decoding: abort.span)
    #expect(long.abortLSN == Self.endLSN)
    #expect(long.abortTime == Self.time)
  }

  @Test func `what becomes of a prepared transaction is read as it was written`() throws {
    let beginning = try BeginPrepare(
      decoding: Encoder.beginPrepare(
        9, gid: "g", prepareLSN: Self.commitLSN, endLSN: Self.endLSN, prepareTime: Self.time
      ).span)
    #expect((beginning.xid, beginning.gid) == (9, "g"))
    #expect(beginning.prepareLSN == Self.commitLSN)
    #expect(beginning.endLSN == Self.endLSN)
    #expect(beginning.prepareTime == Self.time)

    let prepare = try Prepare(
      decoding: Encoder.prepare(
        9, gid: "g", prepareLSN: Self.commitLSN, endLSN: Self.endLSN, prepareTime: Self.time
      ).span)
    #expect((prepare.xid, prepare.gid) == (9, "g"))
    #expect((prepare.prepareLSN, prepare.endLSN) == (Self.commitLSN, Self.endLSN))
    let streamed = Encoder.streamPrepare(
      9, gid: "g", prepareLSN: Self.commitLSN, endLSN: Self.endLSN, prepareTime: Self.time)
    #expect(streamed.first == UInt8(ascii: "p"))
    #expect(
      Array(streamed.dropFirst())
        == Array(
          Encoder.prepare(
            9, gid: "g", prepareLSN: Self.commitLSN, endLSN: Self.endLSN, prepareTime: Self.time
          ).dropFirst()))

    let committed = try CommitPrepared(
      decoding: Encoder.commitPrepared(
        9, gid: "g", commitLSN: Self.commitLSN, endLSN: Self.endLSN, commitTime: Self.time
      ).span)
    #expect((committed.xid, committed.gid) == (9, "g"))
    #expect((committed.commitLSN, committed.endLSN) == (Self.commitLSN, Self.endLSN))

    let rolledBack = try RollbackPrepared(
      decoding: Encoder.rollbackPrepared(
        9, gid: "g", prepareEndLSN: Self.commitLSN, endLSN: Self.endLSN, prepareTime: Self.time,
        rollbackTime: PostgresTimestamp(microseconds: 7)
      ).span)
    #expect((rolledBack.xid, rolledBack.gid) == (9, "g"))
    #expect((rolledBack.prepareEndLSN, rolledBack.endLSN) == (Self.commitLSN, Self.endLSN))
    #expect(rolledBack.prepareTime == Self.time)
    #expect(rolledBack.rollbackTime.microseconds == 7)
  }
}
