import PGWire
import ReplicationCore
import Testing

@testable import ChangeSinks

/// What engines and files say of themselves may be anything.
@Suite struct HostileStateTests {
  @Test func `a place's number leaves room for those behind it`() {
    let last = SinkPosition("0/10/9223372036854775807")
    #expect(last == SinkPosition(lsn: LSN(rawValue: 16), index: UInt64(Int64.max)))
    #expect(SinkPosition("0/10/9223372036854775808") == nil)
    #expect(SinkPosition("0/10/18446744073709551615") == nil)
    #expect(SinkPosition("0/10/-1") == nil)
  }

  /// Ids of a stream of Redis go up to there.
  @Test func `the last place that there is can be counted on from`() {
    let last = SinkPosition(lsn: LSN(rawValue: .max), index: .max)
    var cursor = RecordCursor(after: SinkState(position: last))
    cursor.beginRows()
    #expect(cursor.takeNext() == last)
    #expect(cursor.takeNext() == last)
  }

  @Test(arguments: [0, .max - 2, .max - 1, .max] as [UInt64])
  func `a file's number leaves room for those around it`(number: UInt64) throws {
    var state = FileSinkState(slot: "test_slot")
    state.segment = number
    let bytes = try state.encoded()
    #expect(throws: FileSinkStateFault.damaged) { try FileSinkState(encoded: bytes) }
  }

  @Test(arguments: [1, .max - 3] as [UInt64])
  func `the other numbers of files are read`(number: UInt64) throws {
    var state = FileSinkState(slot: "test_slot")
    state.segment = number
    #expect(try FileSinkState(encoded: state.encoded()) == state)
  }
}
