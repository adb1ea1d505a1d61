import ChangeFormats
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import pgcdc

/// Lines that are built and dropped.
@Suite struct DrainLinesTests {
  private static let messages =
    [
      PgOutputEncoder.begin(finalLSN: 0x2000, time: 0, xid: 7),
      PgOutputEncoder.relation(1, "t", [.key("id", 23), .init("name", 25)]),
      PgOutputEncoder.update(1, key: ["0", nil], new: ["1", "one"]),
    ] + (2..<3000).map { PgOutputEncoder.insert(1, new: [.text(Array("\($0)".utf8)), "a name"]) }
    + [
      PgOutputEncoder.commit(commitLSN: 0x2000, endLSN: 0x2030, time: 0)
    ]

  @Test func `all lines are built, however often they are dropped, and counted`() throws {
    var lines = DrainLines(JSONLineFormat())
    var totals = Drain.Totals()
    var decoder = PgOutputDecoder()
    var format = JSONLineFormat()
    var expected = OutputBuffer()
    for (index, message) in Self.messages.enumerated() {
      let lsn = LSN(rawValue: UInt64(0x1000 + index))
      try lines.append(message.span, at: lsn, &totals)
      try decoder.decode(message.span, at: lsn, wrappingErrors: FormatError.decoding) {
        message throws(FormatError) in
        try format.append(message, at: lsn, to: &expected)
      }
    }
    lines.drop(&totals)
    #expect(totals.outputBytes == expected.count)
    #expect(expected.count > 3 << 16)
    #expect(totals.rows == 2999)
    #expect(totals.columns == 2 * 2999 + 2)
  }

  @Test func `the report has the bytes`() {
    var totals = Drain.Totals()
    totals.outputBytes = 12_345
    let report = DrainReport(
      mode: "json", totals: totals, wall: 1, user: 1, system: 0, maxResidentBytes: 1)
    #expect(report.json.contains(#""bytes":0,"outputBytes":12345,"wall""#))
    #expect(report.text.text.contains("output    12345 bytes"))
  }
}
