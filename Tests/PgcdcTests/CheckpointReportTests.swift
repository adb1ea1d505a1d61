import CDCTime
import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// A checkpoint as `pgcdc checkpoint show` prints it.
@Suite struct CheckpointReportTests {
  private func checkpoint() throws -> Checkpoint {
    let text = """
      incremental 1
      whole 16390 0/1A2B3C8
      table 16384 4294968050 0/0
      column id pg_catalog int4 known - -
      range - passed
      range <100 done 0/1A2B3C8 10:20:15
      range >200 open

      """
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 0x1F), systemID: "742", timeline: 3, slot: "s\u{7}")
    checkpoint.slotState.databaseOID = 5
    checkpoint.slotState.plugin = "pgoutput"
    checkpoint.userData = Array("pgcdc resnapshot \"1\",\"t\"".utf8)
    checkpoint.transactionEnd = LSN(rawValue: 0x1E)
    checkpoint.lastTransaction = TransactionMark(
      xid: 9, time: PostgresTimestamp(microseconds: 0), selection: 1)
    checkpoint.serverVersion = 17
    let state: IncrementalState = try #require(IncrementalState(text: text))
    checkpoint.incremental = state
    return checkpoint
  }

  @Test func `for people`() throws {
    let lines = CheckpointReport(try checkpoint()).lines.map(\.text)
    #expect(lines.first == "position: 0/1F")
    #expect(
      lines.contains("slot_name: s\\u{7}") || lines.contains { $0.hasPrefix("slot_name: s\\") })
    #expect(lines.contains("transaction_xid: 9") && lines.contains("user_data_bytes: 24"))
    #expect(lines.contains(#"resnapshot: {"tag":"1","tables":["t"]}"#))
    #expect(
      lines.suffix(3) == [
        "tables: 1 whole, 1 being read",
        """
        table 16384: being read, by id
          done: id < 100
          delivered until 0/1A2B3C8: id >= 100 and id <= 200
          unread: id > 200
        """, "table 16390: whole from 0/1A2B3C8",
      ])
  }

  @Test func `for programs`() throws {
    let json = CheckpointReport(try checkpoint()).json.text
    #expect(
      json
        == #"{"position":"0/1F","transaction_end":"0/1E","transaction_xid":9,"#
        + #""transaction_time":"2000-01-01T00:00:00Z","system_identifier":"742","timeline":3,"#
        + #""from_standby":false,"server_version":17,"slot_name":"s\u0007","plugin":"pgoutput","#
        + #""datoid":5,"restart_lsn":null,"sent_bytes":null,"sent_bytes_since":null,"#
        + #""initial_snapshot":null,"user_data_bytes":24,"resnapshot":{"tag":"1","tables":["t"]},"tables":["#
        + #"{"oid":16384,"state":"reading","whole_from":null,"key":["id"],"ranges":["#
        + #"{"state":"done","until":null,"start":null,"#
        + #""end":{"values":["100"],"inclusive":false}},"#
        + #"{"state":"delivered","until":"0/1A2B3C8","#
        + #""start":{"values":["100"],"inclusive":true},"#
        + #""end":{"values":["200"],"inclusive":true}},"#
        + #"{"state":"unread","until":null,"start":{"values":["200"],"inclusive":false},"#
        + #""end":null}]},"#
        + #"{"oid":16390,"state":"whole","whole_from":"0/1A2B3C8","key":[],"ranges":[]}]}"#)
  }

  @Test func `a checkpoint without tables`() {
    var plain = Checkpoint(
      position: LSN(rawValue: 1), systemID: "7", timeline: 1, slot: "s")
    plain.userData = Array("theirs".utf8)
    let report = CheckpointReport(plain)
    #expect(report.json.text.hasSuffix(#""resnapshot":null,"tables":[]}"#))
    #expect(!report.lines.contains { $0.text.hasPrefix("tables") })
  }
}
