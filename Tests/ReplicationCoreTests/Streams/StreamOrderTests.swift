import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Messages in an order that no server has: they are refused, and nothing of them is acknowledged.
@Suite struct StreamOrderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let messages: [[UInt8]]
    let error: PgOutputError
  }

  private static func begin(_ commit: UInt64) -> [UInt8] {
    PgOutput.begin(finalLSN: commit, time: 1, xid: 7)
  }

  private static func commit(_ commit: UInt64, end: UInt64? = nil) -> [UInt8] {
    PgOutput.commit(commitLSN: commit, endLSN: end ?? commit + 8, time: 1)
  }

  private static let insert = PgOutput.insert(16_384, new: [.text([97])])
  private static let relation = PgOutput.relation(16_384, "t", [.key("name", 25)])
  private static let at = lsn(0x50)

  static let cases: [Case] = [
    Case(
      testDescription: "begin inside begin", messages: [begin(0x100), begin(0x200)],
      error: .unexpectedMessage(.begin, .transaction, lsn: at)),
    Case(
      testDescription: "commit without begin", messages: [commit(0x100)],
      error: .unexpectedMessage(.commit, .outside, lsn: at)),
    Case(
      testDescription: "insert outside a transaction", messages: [relation, insert],
      error: .unexpectedMessage(.insert, .outside, lsn: at)),
    Case(
      testDescription: "insert behind a commit",
      messages: [begin(0x100), relation, commit(0x100), insert],
      error: .unexpectedMessage(.insert, .outside, lsn: at)),
    Case(
      testDescription: "a transactional message outside a transaction",
      messages: [PgOutput.message(transactional: true, lsn: 0x60, prefix: "p", content: [])],
      error: .unexpectedMessage(.message, .outside, lsn: at)),
    Case(
      testDescription: "commit other than announced", messages: [begin(0x100), commit(0x180)],
      error: .unexpectedPosition(.commit, lsn(0x180), .announced(lsn(0x100)), lsn: at)),
    Case(
      testDescription: "end before the commit",
      messages: [begin(0x100), commit(0x100, end: 0x90)],
      error: .unexpectedPosition(.commit, lsn(0x90), .endsBefore(lsn(0x100)), lsn: at)),
    Case(
      testDescription: "commits that go back",
      messages: [begin(0x200), commit(0x200), begin(0x100)],
      error: .unexpectedPosition(.begin, lsn(0x100), .behindCommit(lsn(0x200)), lsn: at)),
    Case(
      testDescription: "commit zero", messages: [begin(0)],
      error: .unexpectedPosition(.begin, .zero, .zero, lsn: at)),
    Case(
      testDescription: "begin inside a block", messages: [PgOutput.streamStart(9), begin(0x100)],
      error: .unexpectedMessage(.begin, .streamedBlock(xid: 9), lsn: at)),
    Case(
      testDescription: "the end of what was never streamed", messages: [PgOutput.streamCommit(9)],
      error: .unexpectedStream(.streamCommit, xid: 9, lsn: at)),
  ]

  @Test(arguments: cases, [true, false])
  func `is refused, decoded or not`(_ test: Case, decodes: Bool) async throws {
    let bytes = test.messages.flatMap { Backend.xLogData(Self.at, $0) }
    let (duplex, _) = try await openStream([.send(bytes), .awaitEnd()]) {
      $0.decodesTransactions = decodes
    }
    for _ in 1...2 {
      let error = await #expect(throws: ReplicationError.self) {
        while try await duplex.recv() != nil {}
      }
      #expect(error == .decoding(test.error))
    }
    await promptly("closing") { await duplex.close() }
  }

  /// The same machine stands before a subscription.
  @Test(arguments: cases)
  func `is refused by a subscription`(_ test: Case) throws {
    let stream = try SimulatedStream()
    #expect(throws: ReplicationError.self) {
      try stream.send(test.messages)
    }
  }

  @Test func `is what servers send, with streamed and prepared transactions between`() async throws
  {
    let messages: [[UInt8]] = [
      Self.begin(0x100), Self.relation, Self.insert, Self.commit(0x100),
      PgOutput.streamStart(9), PgOutput.streamStop,
      PgOutput.beginPrepare(5, gid: "g"), PgOutput.prepared("P", 5, gid: "g"),
      PgOutput.streamStart(9, isFirst: false), PgOutput.streamStop,
      PgOutput.streamAbort(9, subxid: 9), PgOutput.streamAbort(10, subxid: 10),
      Self.begin(0x200), Self.commit(0x200),
    ]
    let bytes = messages.flatMap { Backend.xLogData(Self.at, $0) }
    let (duplex, _) = try await openStream([.send(bytes), .awaitEnd()])
    #expect(try await duplex.words(messages.count).count == messages.count)
  }

  @Test func `may be what it is where a recording is repeated`() async throws {
    let rows = transaction(xid: 7, from: 0x10, commit: 0x100, rows: ["a"])
    let (duplex, _) = try await openStream(
      tuning: .recording, [.send(rows, rows), .awaitEnd()])
    #expect(try await duplex.words(8).count == 8)
  }
}
