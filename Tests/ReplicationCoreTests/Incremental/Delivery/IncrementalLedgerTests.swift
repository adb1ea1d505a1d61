import PGWire
import Testing

@testable import ReplicationCore

/// What acknowledgements make of incremental snapshots.
@Suite struct IncrementalLedgerTests {
  private let now = MonotonicTime(nanoseconds: 0)
  private static let point = ReadPoint(
    snapshot: ModelHistory.updates.snapshot(visible: 7), horizon: LSN(rawValue: 500))

  private static func done(_ start: Int?, _ end: Int?) -> SnapshotDelta {
    .rangeDone(
      ScriptedSource.table,
      KeyRange(
        start: start.map { KeyBound(.before, Key($0)) }, end: end.map { KeyBound(.before, Key($0)) }
      ),
      anchor: start.map { KeyBound(.before, Key($0)) }, point)
  }

  private var ledger: AcknowledgementLedger {
    var progress = IncrementalProgress()
    progress.apply(
      .tableAdded(
        ScriptedSource.table, ModelWorld.shape, startsAt: FullTransactionID(rawValue: 3)))
    return AcknowledgementLedger(position: LSN(rawValue: 10), incremental: progress)
  }

  private func doneCount(_ progress: IncrementalProgress?) -> Int {
    progress?.tables[ScriptedSource.table]?.ranges.pieces.count { $0.state.point != nil } ?? -1
  }

  @Test func `a range counts once its chunk and all before it are acknowledged`() throws {
    var ledger = ledger
    ledger.open(1, at: now)
    ledger.end(1, at: LSN(rawValue: 20))
    ledger.openChunk(2, at: now)
    ledger.complete(2)
    #expect(doneCount(ledger.incremental) == 0)
    ledger.end(2, at: LSN(rawValue: 20), [Self.done(nil, 5)])
    #expect(doneCount(ledger.incremental) == 0 && ledger.deltaCount == 0)
    // What would be stored with the chunk has it, acknowledged or not; what goes before has not.
    let (before, _) = try #require(ledger.incremental(upTo: 1, at: LSN(rawValue: 20)))
    let (with, position) = try #require(ledger.incremental(upTo: 2, at: LSN(rawValue: 20)))
    #expect(doneCount(before) == 0 && doneCount(with) == 1 && position == LSN(rawValue: 20))
    ledger.complete(1)
    #expect(doneCount(ledger.incremental) == 1 && ledger.deltaCount == 1)
    #expect(ledger.position == LSN(rawValue: 20) && ledger.passedCount == 1)
  }

  @Test func `a chunk that broke off changes nothing`() {
    var ledger = ledger
    ledger.openChunk(1, at: now)
    ledger.complete(1)
    ledger.void(1)
    ledger.open(2, at: now)
    ledger.end(2, at: LSN(rawValue: 30))
    ledger.complete(2)
    #expect(doneCount(ledger.incremental) == 0 && ledger.position == LSN(rawValue: 30))
  }

  @Test func `a table is whole once the position is past the horizons of all its ranges`() {
    var ledger = ledger
    ledger.openChunk(1, at: now)
    ledger.end(1, at: LSN(rawValue: 10), [Self.done(nil, nil)])
    ledger.complete(1)
    #expect(ledger.incremental?.whole == [:])
    ledger.markIdle(upTo: LSN(rawValue: 500), at: now)
    #expect(ledger.incremental?.whole == [ScriptedSource.table: LSN(rawValue: 500)])
    #expect(ledger.incremental?.tables.isEmpty == true)
  }

  /// A chunk ends where the stream stood, which may be beyond the log of a promoted standby.
  @Test func `a chunk's place goes back with the log`() {
    var ledger = ledger
    ledger.openChunk(1, at: now)
    ledger.end(1, at: LSN(rawValue: 90), [])
    ledger.rewind(to: LSN(rawValue: 40))
    ledger.complete(1)
    #expect(ledger.position == LSN(rawValue: 40))
  }

  @Test func `a checkpoint brings it back, and says by its version that tables are being read`()
    throws
  {
    var progress = try #require(ledger.incremental)
    progress.apply(Self.done(nil, 5))
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 20), systemID: "1", timeline: 1, slot: "s")
    checkpoint.incremental = IncrementalState(progress)
    let encoded = try checkpoint.encoded()
    #expect(
      String(decoding: encoded, as: UTF8.self).hasPrefix(
        "swift-postgres-replication checkpoint 3\n"))
    let decoded = try Checkpoint(encoded: encoded)
    #expect(decoded.incremental?.text == progress.text)
    #expect(decoded.incremental?.openTables == [ScriptedSource.table])

    progress.apply(Self.done(5, nil))
    progress.advance(to: LSN(rawValue: 500))
    checkpoint.incremental = IncrementalState(progress)
    let whole = try checkpoint.encoded()
    // Older readers can continue such a stream.
    #expect(
      String(decoding: whole, as: UTF8.self).hasPrefix(
        "swift-postgres-replication checkpoint 1\n"))
    #expect(
      try Checkpoint(encoded: whole).incremental?.wholeTables
        == [ScriptedSource.table: LSN(rawValue: 500)])
    checkpoint.incremental = nil
    #expect(try Checkpoint(encoded: checkpoint.encoded()).incremental == nil)
  }

  @Test func `transactions that passed while a lookup ran are waited for`() throws {
    var machine = IncrementalMachine()
    machine.idle.note(1000)
    machine.idle.note(998)
    let snapshot = try TransactionSnapshot("990:995:")
    machine.add(ScriptedSource.table, ModelWorld.shape, at: snapshot)
    let table = try #require(machine.tables[ScriptedSource.table])
    #expect(table.startsAt == FullTransactionID(rawValue: 1001))
    // Looked up twice since: the snapshots are later than they are.
    machine.idle.lookedUp()
    #expect(machine.idle.greatest(near: snapshot.xmax) == FullTransactionID(rawValue: 1000))
    machine.idle.lookedUp()
    #expect(machine.idle.greatest(near: snapshot.xmax) == nil)
    // Ids come round.
    machine.idle.note(UInt32.max)
    machine.idle.note(4)
    #expect(
      machine.idle.greatest(near: FullTransactionID(rawValue: 1 << 32))
        == FullTransactionID(rawValue: 1 << 32 | 4))
  }
}
