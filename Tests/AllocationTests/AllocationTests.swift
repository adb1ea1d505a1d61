import CAllocationCounter
import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// Nothing is allocated for an event, and a batch costs a fixed number of allocations.
@Suite struct AllocationTests {
  private static let isCounting = allocation_counter_works() == 1

  @Test func `the counter counts`() {
    #if canImport(Glibc)
      #expect(Self.isCounting || allocation_counter_is_hindered() == 1)
    #endif
    guard Self.isCounting else { return }
    let before = allocations_of_this_thread()
    let array = [Int](repeating: 1, count: 1000)
    #expect(array.count == 1000)
    #expect(allocations_of_this_thread() > before)
  }

  @Test func `an event costs no allocation`() throws {
    let events = 10_000
    var cursor = try makeCursor()
    // The first ones prepare what all have in common.
    cursor.refill([makeBatch(10)])
    while try cursor.next() != nil {}
    cursor.refill([makeBatch(events)])
    let before = allocations_of_this_thread()
    var bytes = 0
    for _ in 0..<events {
      if case .xLogData(let data) = try cursor.next() { bytes += data.payload.count }
    }
    let allocations = allocations_of_this_thread() - before
    #expect(bytes == events * 9)
    #expect(try cursor.next() == nil)
    #expect(allocations == 0)
  }

  @Test func `begin and commit cost no allocation`() throws {
    let transactions = 1000
    var cursor = try makeCursor(checksOrder: true)
    let payloads = { (commits: ClosedRange<Int>) in
      commits.flatMap { [self.begin(at: $0), self.commit(at: $0)] }
    }
    cursor.refill([makeBatch(4, payloads: payloads(1...2))])
    while try cursor.next() != nil {}
    cursor.refill([makeBatch(2 * transactions, payloads: payloads(3...transactions + 2))])
    let before = allocations_of_this_thread()
    var commits = 0
    for _ in 0..<2 * transactions {
      if case .commit = try cursor.next() { commits += 1 }
    }
    #expect(allocations_of_this_thread() - before == 0)
    #expect(commits == transactions)
  }

  @Test func `a lent frame costs no allocation`() throws {
    var cursor = try makeCursor()
    var frames = 0
    // A call may cost some, without optimization; a frame none. The first call prepares.
    let costs = try [10, 10, 10_000].map { count in
      cursor.refill([makeBatch(count)])
      let before = allocations_of_this_thread()
      _ = try cursor.lendFrames { _ in frames += 1 }
      return allocations_of_this_thread() - before
    }
    #expect(costs[1] == costs[2] && costs[2] <= 3, "\(costs)")
    #expect(frames == 10_020)
  }

  @Test func `a batch costs as many allocations with many events as with one`() throws {
    #expect(try allocationsPerBatch(events: 1) == allocationsPerBatch(events: 5000))
    #expect(try allocationsPerBatch(events: 5000) <= 8)
  }

  @Test func `a row is visited without an allocation`() throws {
    guard Self.isCounting else { return }
    var decoder = PgOutputDecoder()
    try decoder.decode(relation.span, at: .zero) { _ in }
    var columns = 0
    let row = insert
    var allocations = 0
    // The first time prepares what all have in common.
    for count in [2, 1000] {
      let before = allocations_of_this_thread()
      for _ in 0..<count {
        try decoder.decode(row.span, at: .zero) { message in
          guard case .insert(_, let new) = message else { return }
          new.forEachColumn { (_, _) in columns += 1 }
        }
      }
      allocations = allocations_of_this_thread() - before
    }
    #expect(allocations == 0)
    #expect(columns == 1002)
  }

  @Test(arguments: [false, true])
  func `a scalar column is decoded without an allocation`(binary: Bool) throws {
    guard Self.isCounting else { return }
    let stream = ScalarColumns(binary: binary)
    var decoder = PgOutputDecoder()
    try decoder.decode(stream.relation.span, at: .zero) { _ in }
    let rows = RowReader()
    let insert = stream.insert
    var right = 0
    func decode(_ count: Int) throws {
      for _ in 0..<count {
        try decoder.decode(insert.span, at: .zero) { message throws(PgOutputError) in
          guard case .insert(let relation, let new) = message else { return }
          rows.read(new, of: relation, at: .zero) { row in
            if (try? ScalarColumns.areRight(row)) == true { right += 1 }
          }
        }
      }
    }
    // The first row prepares what all have in common.
    try decode(2)
    let before = allocations_of_this_thread()
    try decode(1000)
    #expect(allocations_of_this_thread() - before == 0)
    #expect(right == 1002)
  }

  @Test func `a long message is handed over without a copy`() throws {
    guard Self.isCounting else { return }
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: "d")) { writer in
      writer.write(contentsOf: [UInt8](repeating: 1, count: 1 << 20))
    }
    var decoder = FrameDecoder()
    decoder.believesLongMessages = true
    decoder.append(writer.bytes[...])
    var data: [UInt8] = []
    let before = bytes_of_this_thread()
    _ = try decoder.next(into: &data) { (_, _) throws(WireError) in ((), isWanted: true) }
    #expect(bytes_of_this_thread() - before < 1 << 16)
    #expect(data.count == 1 << 20)
  }

  /// Twice the rows take twice the memory, and not four times as much.
  @Test func `a row of a query costs as much as the one before`() throws {
    guard Self.isCounting else { return }
    func bytes(_ rows: Int) throws -> Int {
      var machine = SessionMachine(
        startup: [], credentials: Credentials(user: "u", password: nil, nonce: "n"))
      _ = machine.start()
      _ = machine.receive(.authentication(.ok))
      _ = machine.receive(.readyForQuery(.idle))
      _ = machine.query("SELECT 1")
      let description: [UInt8] = [0, 1, 97, 0] + [UInt8](repeating: 0, count: 18)
      try BackendMessage.decode(tag: UInt8(ascii: "T"), description.span) {
        _ = machine.receive($0)
      }
      let before = bytes_of_this_thread()
      for _ in 0..<rows { _ = machine.receive(.dataRow(["1"])) }
      return bytes_of_this_thread() - before
    }
    _ = try bytes(100)
    let (once, twice) = (try bytes(4096), try bytes(8192))
    #expect(once > 4096 * 40)
    #expect(twice < once * 5 / 2)
  }

  /// What it costs to hand a batch over and take it, warmed up.
  private func allocationsPerBatch(events: Int) throws -> Int {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    var cursor = try makeCursor(from: mailbox)
    let batch = makeBatch(events)
    var before = 0
    for round in 0..<20 {
      if round == 10 { before = allocations_of_this_thread() }
      mailbox.put(batch, more: false)
      cursor.refill(mailbox.takeBatches() ?? [])
      while try cursor.next() != nil {}
    }
    return (allocations_of_this_thread() - before + 9) / 10
  }
}

extension AllocationTests {
  private func makeCursor(
    from mailbox: Mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {}), checksOrder: Bool = false
  ) throws -> EventCursor {
    let params = try ReplicationParams(
      url: "postgresql://user@localhost/db", slot: "s", publications: ["p"])
    return EventCursor(params, from: mailbox, StreamCounters(), checksOrder: checksOrder)
  }

  /// A batch of XLogData frames with these payloads in turn.
  private func makeBatch(_ count: Int, payloads: [[UInt8]] = [Array("I12345678".utf8)]) -> Batch {
    var writer = ByteWriter()
    for index in 0..<count {
      writer.writeMessage(tag: UInt8(ascii: "d")) { writer in
        writer.write(UInt8(ascii: "w"))
        for _ in 0..<3 { writer.write(UInt64(1)) }
        writer.write(contentsOf: payloads[index % payloads.count])
      }
    }
    let pool = SegmentPool(budget: 1 << 23, segmentSize: 1 << 18, wakeReader: {})
    let segment = pool.take(atLeast: writer.bytes.count)
    segment.write(writer.bytes.span, at: 0)
    return Batch(segment: segment, range: 0..<writer.bytes.count)
  }

  private func begin(at commit: Int) -> [UInt8] {
    Array("B".utf8) + position(2 * commit) + [UInt8](repeating: 0, count: 12)
  }

  private func commit(at commit: Int) -> [UInt8] {
    Array("C".utf8) + [0] + position(2 * commit) + position(2 * commit + 1)
      + [UInt8](repeating: 0, count: 8)
  }

  private func position(_ value: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
  }

  private var relation: [UInt8] {
    Array("R".utf8) + [0, 0, 0, 7] + Array("public\0t\0d".utf8) + [0, 1, 1] + Array("id\0".utf8)
      + [0, 0, 0, 23, 255, 255, 255, 255]
  }

  private var insert: [UInt8] {
    Array("I".utf8) + [0, 0, 0, 7] + Array("N".utf8) + [0, 1] + Array("t".utf8) + [0, 0, 0, 1, 49]
  }
}
