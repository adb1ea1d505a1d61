import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// What begins and ends transactions that a subscription delivers: the same as the plugin's
/// messages give.
@Suite struct TransactionTests {
  typealias Encoder = PgOutputEncoder

  private static let end = LSN(rawValue: 0x1A2_B3F0)
  private static let begin = Encoder.begin(finalLSN: 0x1A2_B3C4, time: 1_500_000, xid: 742)
  private static let beginPrepare = Encoder.beginPrepare(
    742, gid: "a \"gid\"", prepareLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1_500_000)

  /// What a message says about its transaction.
  private func transaction(_ message: [UInt8]) throws -> TransactionInfo {
    var decoder = PgOutputDecoder()
    let info = try decoder.decode(message.span, at: .zero) { TransactionInfo($0) }
    return try #require(info)
  }

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
    let commit = Encoder.commit(commitLSN: 0x1A2_B3C4, endLSN: 0x1A2_B3F0, time: 1_500_000)
    let found = lines(try transaction(Self.begin))
    #expect(found.split(separator: "\n").count == 2)
    #expect(try found == lines(of: Self.begin, commit))
  }

  @Test func `a prepared one`() throws {
    let begun = try lines(of: Self.beginPrepare)
    let found = lines(try transaction(Self.beginPrepare))
    #expect(begun.contains(#""gid":"a \"gid\"","prepareLSN":"0/1A2B3C4","endLSN":"0/1A2B3F0""#))
    #expect(found == begun + begun.replacing(#""begin_prepare""#, with: #""prepare""#))
  }

  @Test func `Debezium's events can't say that one is prepared`() throws {
    var format = DebeziumFormat(
      options: DebeziumFormat.Options(name: "n", database: "d", version: "1"))
    let prepared = try transaction(Self.beginPrepare)
    var output = OutputBuffer()
    #expect(throws: FormatError.provisional(.beginPrepare, lsn: LSN(rawValue: 0x1A2_B3C4))) {
      try format.begin(prepared, to: &output)
    }
  }
}
