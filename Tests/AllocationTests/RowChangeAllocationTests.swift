import CAllocationCounter
import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// A row change costs no allocation on its way from the stream's buffer to its columns.
@Suite struct RowChangeAllocationTests {
  @Test func `row changes are assembled and read without an allocation`() throws {
    guard allocation_counter_works() == 1 else { return }
    #expect(try allocations(1000) == 0)
    #expect(try allocations(2000) == 0)
  }

  @Test func `changes that are kept share their memory`() throws {
    guard allocation_counter_works() == 1 else { return }
    let (once, twice) = (try allocations(3000, keeping: true), try allocations(6000, keeping: true))
    // A block has an object, three pieces of memory and a list of tables; and the array of changes
    // grows.
    let blocks = 3000 / RowStore.blockRows + 1
    #expect(twice - once <= 5 * blocks + 2, "\(once) \(twice)")
  }

  /// The allocations of so many changes, after what is prepared once.
  private func allocations(_ count: Int, keeping: Bool = false) throws -> Int {
    var assembler = TransactionAssembler(
      spoolLimit: 0, RelationTracker(), RowReaders(TypeCatalog()))
    let header = PgOutputEncoder.relation(
      9, "t", identity: "f",
      [.key("id", 23), .key("name", 25), .key("at", 1184), .key("total", 1700)])
    let row = ["42", "a short text", "2024-01-02 03:04:05.5+00", "12.50"]
      .map { PgOutputEncoder.Column.text(Array($0.utf8)) }
    var unchanged = row
    unchanged[1] = .unchanged
    try take(PgOutputEncoder.begin(finalLSN: 5, time: 0, xid: 1), &assembler)
    try take(header, &assembler)
    while assembler.nextStep() != nil {}
    let changes = data([
      PgOutputEncoder.insert(9, new: row), PgOutputEncoder.update(9, old: row, new: unchanged),
      PgOutputEncoder.delete(9, old: row),
    ])
    var (read, before): (Int, Int) = (0, 0)
    var kept: [RowChange] = []
    for round in 0..<count + 6 {
      if round == 6 { before = allocations_of_this_thread() }
      try assembler.take(changes[round % 3])
      while let step = assembler.nextStep() {
        guard case .change(let change) = step, let row = Self.row(of: change) else { continue }
        if try row.withRow({ try Self.isRight($0) }) { read += 1 }
        if keeping { kept.append(row) }
      }
    }
    let allocations = allocations_of_this_thread() - before
    #expect(read == count + 6)
    for row in kept { #expect(try row.withRow { try Self.isRight($0) }) }
    return allocations
  }

  private static func row(of change: TransactionChange) -> RowChange? {
    switch change {
    case .insert(let row), .update(let row), .delete(let row): row
    default: nil
    }
  }

  private static func isRight(_ row: RowView) throws(RowError) -> Bool {
    let id: Int = try row[0]
    let name: String = try row[1]
    let at: PostgresTimestamp = try row[2]
    let total: PostgresNumeric? = try row[3]
    return id == 42 && name == "a short text" && at.isFinite && total?.scale == 2
  }

  private func take(_ message: [UInt8], _ assembler: inout TransactionAssembler) throws {
    for data in data([message]) { try assembler.take(data) }
  }

  /// Messages in one piece of the stream's buffer.
  private func data(_ messages: [[UInt8]]) -> [XLogData] {
    let bytes = messages.flatMap { $0 }
    let segment = Segment(SegmentMemory(bytes.count), capacity: bytes.count, pool: nil)
    segment.write(bytes.span, at: 0)
    var start = 0
    return messages.map { message in
      defer { start += message.count }
      return XLogData(
        start: LSN(rawValue: 1), end: .zero, sentAt: PostgresTimestamp(microseconds: 0),
        payload: Payload(segment, start..<start + message.count))
    }
  }
}
