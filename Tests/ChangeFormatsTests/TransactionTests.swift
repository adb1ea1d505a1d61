import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import Testing

@testable import ChangeFormats
@testable import ReplicationCore

/// What begins and ends transactions that a subscription delivers: the same as the plugin's messages
/// give.
@Suite struct TransactionTests {
  private static let time = PostgresTimestamp(microseconds: 1_500_000)
  private static let (commit, end) = (LSN(rawValue: 0x1A2_B3C4), LSN(rawValue: 0x1A2_B3F0))

  private func lines(_ transaction: TransactionInfo) -> String {
    var format = JSONLineFormat()
    var output = OutputBuffer()
    format.begin(transaction, to: &output)
    format.end(transaction, at: Self.end, to: &output)
    return output.text
  }

  private func lines(of messages: [UInt8]...) throws -> String {
    var lines = try Lines()
    return try messages.map { message throws(FormatError) in try lines.next(message) }.joined()
  }

  @Test func `a committed one`() throws {
    let transaction = TransactionInfo(
      kind: .committed, xid: 742, commitLSN: Self.commit, time: Self.time)
    #expect(
      try lines(transaction)
        == lines(
          of: PgOutputEncoder.begin(finalLSN: 0x1A2_B3C4, time: 1_500_000, xid: 742),
          PgOutputEncoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1_500_000)))
  }

  @Test func `a prepared one`() throws {
    var transaction = TransactionInfo(
      kind: .prepared(gid: "a \"gid\""), xid: 742, commitLSN: Self.commit, time: Self.time)
    transaction.prepareEnd = Self.end
    let found = lines(transaction)
    #expect(
      found.hasPrefix(
        try lines(
          of: PgOutputEncoder.beginPrepare(
            742, gid: "a \"gid\"", prepareLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1_500_000))))
    #expect(found.split(separator: "\n").count == 2)
    #expect(found.contains(#"{"kind":"prepare","xid":742,"gid":"a \"gid\"","prepareLSN":"0/1A2B3C4""#))
  }

  @Test func `a message outside of transactions has neither`() {
    let message = TransactionInfo(kind: .message, xid: 0, commitLSN: Self.commit, time: nil)
    #expect(lines(message) == "")
  }

  @Test func `Debezium's events can't say that one is prepared`() {
    var format = DebeziumFormat(
      options: DebeziumFormat.Options(name: "n", database: "d", version: "1"))
    let prepared = TransactionInfo(
      kind: .prepared(gid: "g"), xid: 1, commitLSN: Self.commit, time: Self.time)
    #expect(throws: FormatError.provisional(.beginPrepare, lsn: Self.commit)) {
      try format.begin(prepared)
    }
  }
}
