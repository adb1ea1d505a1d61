import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

@Suite struct ResultRowTests {
  private let row = ResultRow(
    ["a", "n", "lsn", "yes", "no", "time", "names", "null"],
    ["x", "-7", "1/A", "t", "f", "1000001", "p\u{1F}q r", nil])

  @Test func `finds values by column, and reads them`() {
    #expect(row["a"] == "x")
    #expect(row["null"] == nil && row["missing"] == nil)
    #expect(row.has("null") && !row.has("missing"))
    #expect(row.int("n") == -7 && row.int("a") == nil && row.oid("n") == nil)
    #expect(row.lsn("lsn") == LSN(rawValue: 0x1_0000_000A))
    #expect(row.flag("yes") == true && row.flag("no") == false && row.flag("null") == nil)
    #expect(row.time("time")?.microseconds(since: .init(unixMicroseconds: 1)) == 1_000_000)
    #expect(row.names("names") == ["p", "q r"] && row.names("null") == [])
  }

  @Test func `a server may send less than it has described`() {
    #expect(ResultRow(["a", "b"], ["1"])["b"] == nil)
    #expect(ResultRow(["a"], ["1"]).only == "1")
    #expect(row.only == nil && ResultRow([], []).only == nil)
  }
}
