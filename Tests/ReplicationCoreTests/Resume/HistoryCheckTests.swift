import CDCTime
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// Whether a server still has the last transaction of a checkpoint.
@Suite struct HistoryCheckTests {
  private static let log =
    transaction(xid: 6, from: 0x60, commit: 0x100, rows: ["a"])
    + transaction(xid: 7, from: 0x110, commit: 0x200, rows: ["b"])
    + Backend.keepAlive(walEnd: lsn(0x300))
  private static let proof = ResumeProof.replays(from: lsn(0x50), bytes: 0x2B0)

  private let params: ReplicationParams

  init() throws {
    params = try ReplicationParams(url: "postgresql://u@h/d", slot: "s", publications: ["p"])
  }

  /// A checkpoint after the second transaction of the log.
  private func checkpoint(xid: UInt32 = 7, time: Int64 = 1, end: UInt64 = 0x208) -> Checkpoint {
    var checkpoint = Checkpoint(position: lsn(0x300), systemID: "1", timeline: 1, slot: "s")
    checkpoint.transactionEnd = lsn(end)
    checkpoint.lastTransaction = TransactionMark(
      xid: xid, time: PostgresTimestamp(microseconds: time), selection: params.selection)
    return checkpoint
  }

  private func isThere(
    _ checkpoint: Checkpoint, in log: [UInt8] = Self.log
  ) async throws -> Bool {
    let check = try #require(HistoryCheck(of: checkpoint, Self.proof, params))
    let (stream, _) = try await openStream([.send(log), .awaitEnd()]) {
      $0.deliversKeepAlives = true
      $0.decodesTransactions = false
    }
    return try await check.run(stream)
  }

  @Test func `the transaction is found behind another`() async throws {
    let isThere = try await isThere(checkpoint())
    #expect(isThere)
  }

  @Test func `another transaction at the same place is not the one`() async throws {
    let hasXID = try await isThere(checkpoint(xid: 8))
    #expect(!hasXID)
    let hasTime = try await isThere(checkpoint(time: 2))
    #expect(!hasTime)
  }

  @Test func `a transaction that ends further on is not the one`() async throws {
    let isThere = try await isThere(checkpoint(end: 0x1F0))
    #expect(!isThere)
  }

  @Test func `a log without a transaction there has lost it`() async throws {
    let idle = Backend.keepAlive(walEnd: lsn(0x100)) + Backend.keepAlive(walEnd: lsn(0x208))
    let isThere = try await isThere(checkpoint(), in: idle)
    #expect(!isThere)
  }

  @Test func `nothing is checked that the slot does not send again`() {
    #expect(HistoryCheck(of: checkpoint(), .exact, params) == nil)
    #expect(HistoryCheck(of: checkpoint(end: 0x50), Self.proof, params) == nil)
    var other = params
    other.publications = ["q"]
    #expect(HistoryCheck(of: checkpoint(), Self.proof, other) == nil)
  }
}
