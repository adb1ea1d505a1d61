import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Messages of the right form in the wrong place.
@Suite struct StreamPositionTests {
  typealias Encoder = PgOutputEncoder

  static let begin = Encoder.begin(finalLSN: 1, time: 2, xid: 3)
  static let commit = Encoder.commit(commitLSN: 1, endLSN: 2, time: 3)
  static let openers: [[UInt8]] = [
    begin, Encoder.beginPrepare(5, gid: "g"), Encoder.streamStart(10), Encoder.streamCommit(9),
    Encoder.streamAbort(9, subxid: 9), Encoder.prepared("p", 9, gid: "g"),
    Encoder.prepared("K", 5, gid: "g"), Encoder.rollbackPrepared(5, gid: "g"),
  ]

  private func error(_ payload: [UInt8], after messages: [[UInt8]]) throws -> PgOutputError? {
    var decoder = PgOutputDecoder()
    for message in messages { _ = try decoder.owned(message) }
    do throws(PgOutputError) {
      _ = try decoder.owned(payload, at: LSN(rawValue: 0xAB))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: openers)
  func `nothing begins where something else is open`(payload: [UInt8]) throws {
    let kind = try #require(peek(payload))
    for (open, place) in [
      ([Self.begin], .transaction), ([Encoder.beginPrepare(5, gid: "g")], .preparedTransaction),
      ([Encoder.streamStart(9)], .streamedBlock(xid: 9)),
    ] as [([[UInt8]], PgOutputMessage.Place)] {
      #expect(
        try error(payload, after: open)
          == .unexpectedMessage(kind, place, lsn: LSN(rawValue: 0xAB)))
    }
  }

  @Test func `nothing ends that isn't open`() throws {
    let ends: [[UInt8]] = [Self.commit, Encoder.prepared("P", 5, gid: "g"), Encoder.streamStop]
    let opens: [[[UInt8]]] = [
      [], [Self.begin], [Encoder.beginPrepare(5, gid: "g")], [Encoder.streamStart(9)],
    ]
    for (index, end) in ends.enumerated() {
      for (other, open) in opens.enumerated() {
        #expect((try error(end, after: open) == nil) == (index + 1 == other))
      }
    }
    let found = try #require(try error(Self.commit, after: []))
    #expect(found.description == "pgoutput Commit at 0/AB: it can't come outside a transaction")
  }

  @Test func `a streamed transaction has one first block, and it comes first`() throws {
    let stopped = [Encoder.streamStart(9), Encoder.streamStop]
    let expected = PgOutputError.unexpectedStream(.streamStart, xid: 9, lsn: LSN(rawValue: 0xAB))
    #expect(try error(Encoder.streamStart(9), after: stopped) == expected)
    #expect(try error(Encoder.streamStart(9, isFirst: false), after: []) == expected)
    #expect(try error(Encoder.streamStart(9, isFirst: false), after: stopped) == nil)
    let ended = stopped + [Encoder.streamAbort(9, subxid: 9)]
    #expect(try error(Encoder.streamStart(9, isFirst: false), after: ended) == expected)
    #expect(try error(Encoder.streamStart(9), after: ended) == nil)
  }

  @Test(arguments: [Encoder.streamCommit(9), Encoder.prepared("p", 9, gid: "g")])
  func `what was never streamed can't end`(payload: [UInt8]) throws {
    let kind = try #require(peek(payload))
    let found = try #require(try error(payload, after: []))
    #expect(found == .unexpectedStream(kind, xid: 9, lsn: LSN(rawValue: 0xAB)))
    #expect(
      found.description == "pgoutput \(kind) at 0/AB: transaction 9 is not being streamed")
  }

  @Test func `an error leaves the place as it was`() throws {
    var decoder = try PgOutputDecoder(after: Encoder.streamStart(9))
    #expect(throws: PgOutputError.self) { try decoder.owned(Encoder.streamStop + [0]) }
    #expect(throws: PgOutputError.self) { try decoder.owned(Self.begin) }
    #expect(decoder.streamedTransaction == 9)
    _ = try decoder.owned(Encoder.streamStop)
    #expect(throws: PgOutputError.self) { try decoder.owned(Encoder.streamStart(9)) }
    #expect(decoder.streamedTransaction == nil)
    #expect(try decoder.owned(Encoder.streamCommit(9)) != .ignored(.streamCommit))
  }
}
