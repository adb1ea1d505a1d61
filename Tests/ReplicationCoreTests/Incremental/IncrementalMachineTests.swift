import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// Single rules of the machine, where no exploration goes.
@Suite struct IncrementalMachineTests {
  private let table: UInt32 = 7
  private let shape = ModelWorld.shape

  private func point(_ snapshot: String, _ horizon: UInt64) throws -> ReadPoint {
    ReadPoint(snapshot: try TransactionSnapshot(snapshot), horizon: LSN(rawValue: horizon))
  }

  /// A machine with one table, whose first range a worker has locked and armed.
  private func armed() throws -> (IncrementalMachine, RangeID) {
    var machine = IncrementalMachine()
    machine.add(table, shape, at: try TransactionSnapshot("100:100:"))
    let id = try #require(machine.openRange(of: table)?.id)
    #expect(machine.claim(id) == .everything)
    machine.lockHeld(id)
    #expect(machine.takeActions() == [.takeSnapshot(id)])
    return (machine, id)
  }

  @Test func `without tables nothing is asked`() throws {
    var machine = IncrementalMachine()
    #expect(machine.isIdle)
    #expect(try machine.begin(xid: 5, commitLSN: LSN(rawValue: 10)) == .none)
    #expect(machine.isBeingRead(7) == false)
    machine.transactionEnds(endLSN: LSN(rawValue: 20))
    #expect(machine.takeItems().isEmpty && machine.takeActions().isEmpty)
  }

  @Test func `a special id in the stream is an error`() throws {
    var (machine, _) = try armed()
    #expect(throws: IncrementalFault.transactionID(2)) {
      try machine.begin(xid: 2, commitLSN: LSN(rawValue: 10))
    }
  }

  @Test func `a chunk waits until its commits are on disk`() throws {
    var (machine, id) = try armed()
    machine.snapshotTaken(id, try point("100:105:", 500), flushed: LSN(rawValue: 400))
    #expect(machine.takeActions() == [.readChunk(id)])
    machine.waitedTooLong(id)
    #expect(machine.chunkToPlace() == nil)
    #expect(machine.chunkBegins(id) == nil)
    // A transaction that is not in the snapshot has to wait as well.
    #expect(try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300)) == .scan)
    #expect(machine.scan(.insert(Key(1)), of: table) == [])
    #expect(machine.admission() == .waitForFlush(id))
    machine.flushed(LSN(rawValue: 500))
    #expect(machine.admission() == .deliverChunk(id))
    #expect(machine.chunkBegins(id) == .everything)
    machine.chunkEnds(id)
    #expect(machine.admission() == .proceed)
  }

  @Test func `a crash of the server does not let a reused id pass for a visible one`() throws {
    // 104 was visible and not on disk; after the crash another transaction has its id.
    func verdict(_ rules: IncrementalRules) throws -> Verdict? {
      var (machine, id) = try armed()
      machine.rules = rules
      machine.snapshotTaken(id, try point("105:105:", 500), flushed: LSN(rawValue: 400))
      machine.waitedTooLong(id)
      guard let placed = machine.chunkToPlace() else { return nil }
      _ = machine.chunkBegins(placed)
      machine.chunkEnds(placed)
      _ = try machine.begin(xid: 104, commitLSN: LSN(rawValue: 410))
      return machine.judge(.insert(Key(1)), of: table)
    }
    #expect(try verdict(IncrementalRules()) == nil)
    var mutant = IncrementalRules()
    mutant.awaitsFlush = false
    #expect(try verdict(mutant) == .drop)
  }

  @Test func `a table is read when all writers of before have ended`() throws {
    var machine = IncrementalMachine()
    machine.add(table, shape, at: try TransactionSnapshot("90:100:90,95"))
    #expect(machine.openRange(of: table) == nil)
    machine.observed(try TransactionSnapshot("95:120:95"))
    #expect(machine.openRange(of: table) == nil)
    // What is delivered before is dropped, and so guarded, in any case.
    _ = try machine.begin(xid: 95, commitLSN: LSN(rawValue: 10))
    #expect(machine.judge(.delete(Key(3)), of: table) == .drop)
    machine.transactionEnds(endLSN: LSN(rawValue: 20))
    #expect(machine.dropped.text == "95")
    machine.observed(try TransactionSnapshot("100:120:"))
    #expect(machine.dropped.isEmpty)
    #expect(machine.openRange(of: table) != nil)
  }

  @Test func `a table that is read again waits for what was delivered and is not visible`() throws {
    var machine = IncrementalMachine()
    machine.add(table, shape, at: try TransactionSnapshot("90:90:"))
    _ = try machine.begin(xid: 140, commitLSN: LSN(rawValue: 10))
    machine.transactionEnds(endLSN: LSN(rawValue: 20))
    machine.shapeChanged(table, KeyShape([]))
    #expect(machine.openRange(of: table) == nil)
    machine.observed(try TransactionSnapshot("140:150:140"))
    #expect(machine.openRange(of: table) == nil)
    machine.observed(try TransactionSnapshot("150:150:"))
    #expect(machine.openRange(of: table) != nil)
  }

  @Test func `a range is armed only after a waiting transaction that touches it`() throws {
    var (machine, id) = try armed()
    machine.workerFailed(id)
    let cut = KeyBound(.before, Key(10))
    #expect(machine.claim(id, upTo: cut) == KeyRange(start: nil, end: cut))
    let second = try #require(machine.openRange(of: table)?.id)
    machine.lockHeld(id)
    #expect(try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300)) == .scan)
    for key in [1, 20] { #expect(machine.scan(.insert(Key(key)), of: table) == []) }
    #expect(machine.claim(second) != nil)
    machine.lockHeld(second)
    #expect(machine.takeActions() == [.takeSnapshot(id)])
    machine.snapshotTaken(id, try point("201:201:", 400), flushed: LSN(rawValue: 400))
    #expect(machine.admission() == .proceed)
    #expect(machine.takeActions() == [.readChunk(id), .takeSnapshot(second)])
    #expect(machine.judge(.insert(Key(1)), of: table) == .drop)
    #expect(machine.judge(.insert(Key(20)), of: table) == .drop)
    // The second range's snapshot must see it.
    machine.transactionEnds(endLSN: LSN(rawValue: 350))
    machine.snapshotTaken(second, try point("200:201:200", 400), flushed: LSN(rawValue: 400))
    #expect(machine.takeActions() == [.repeatSnapshot(second)])
  }

  @Test func `what is dropped for other ranges does not make a snapshot useless`() throws {
    var (machine, id) = try armed()
    machine.workerFailed(id)
    _ = machine.claim(id, upTo: KeyBound(.before, Key(10)))
    machine.lockHeld(id)
    _ = try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300))
    _ = machine.scan(.insert(Key(20)), of: table)
    #expect(machine.admission() == .proceed)
    #expect(machine.judge(.insert(Key(20)), of: table) == .drop)
    machine.transactionEnds(endLSN: LSN(rawValue: 350))
    _ = machine.takeActions()
    machine.snapshotTaken(id, try point("200:201:200", 400), flushed: LSN(rawValue: 400))
    #expect(machine.takeActions() == [.readChunk(id)])
    #expect(machine.dropped.text == "200")
  }

  @Test func `too many dropped transactions are looked for, and then waited for`() throws {
    var machine = IncrementalMachine()
    machine.add(table, shape, at: try TransactionSnapshot("100:100:"))
    for number in 0..<UInt32(DroppedTransactions.full) {
      _ = try machine.begin(xid: 200 + number, commitLSN: LSN(rawValue: UInt64(number)))
      _ = machine.judge(.insert(Key(1)), of: table)
      machine.transactionEnds(endLSN: LSN(rawValue: UInt64(number)))
    }
    #expect(machine.takeActions() == [.observeSnapshot])
    #expect(try machine.begin(xid: 50_000, commitLSN: LSN(rawValue: 99_999)) == .scan)
    _ = machine.scan(.insert(Key(1)), of: table)
    #expect(machine.admission() == .waitForAnySnapshot)
    machine.observed(try TransactionSnapshot("60000:60000:"))
    #expect(machine.admission() == .proceed)
  }

  @Test func `only the server places text in the order of a language`() throws {
    let text = KeyType(.builtin(.text), comparesBytes: false)
    let shape = KeyShape([KeyColumn(name: "name", type: text)])
    func key(_ text: String) -> Key { Key([.opaque(Array(text.utf8))]) }
    var machine = IncrementalMachine()
    machine.add(table, shape, at: try TransactionSnapshot("100:100:"))
    let id = try #require(machine.openRange(of: table)?.id)
    _ = try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300))
    // With one range there is nothing to ask.
    #expect(machine.judge(.insert(key("ä")), of: table) == .drop)
    machine.transactionEnds(endLSN: LSN(rawValue: 310))
    _ = machine.claim(id, upTo: KeyBound(.before, key("m")))
    _ = try machine.begin(xid: 201, commitLSN: LSN(rawValue: 400))
    let change = KeyChange.insert(key("ä"))
    #expect(machine.judge(change, of: table) == .undecided([key("ä")]))
    let (bounds, generation) = try #require(machine.bounds(of: table))
    #expect(bounds == [KeyBound(.before, key("m"))])
    machine.located([(key("ä"), 0)], of: table, generation: generation &+ 1)
    #expect(machine.judge(change, of: table) == .undecided([key("ä")]))
    machine.located([(key("ä"), 0)], of: table, generation: generation)
    #expect(machine.judge(change, of: table) == .drop)
  }

  /// A promoted standby lacks the end of the log that was followed.
  @Test func `what was read beyond the end of a log is read again, in its new course`() throws {
    var (machine, id) = try armed()
    machine.snapshotTaken(id, try point("200:200:", 500), flushed: LSN(rawValue: 500))
    machine.keepalive(walEnd: LSN(rawValue: 450))
    machine.waitedTooLong(id)
    _ = machine.chunkBegins(id)
    machine.chunkEnds(id)
    machine.rewind(to: LSN(rawValue: 400))
    #expect(machine.position == LSN(rawValue: 400))
    machine.observed(try TransactionSnapshot("300:300:"))
    let again = try #require(machine.openRange(of: table)?.id)
    #expect(machine.claim(again) == .everything)
    machine.lockHeld(again)
    machine.snapshotTaken(again, try point("300:300:", 430), flushed: LSN(rawValue: 430))
    // Its horizon lies between the old position and the end: the new log has not come so far.
    #expect(machine.chunkToPlace() == nil)
    machine.keepalive(walEnd: LSN(rawValue: 430))
    #expect(machine.chunkToPlace() == again)
  }

  @Test func `a table that leaves is forgotten, whether it is whole or not`() throws {
    var (machine, id) = try armed()
    machine.remove(table, before: machine.position)
    #expect(machine.takeActions() == [.abandon(id)])
    machine.remove(8, before: LSN(rawValue: 900))
    #expect(machine.takeDeltas().suffix(2) == [.tableRemoved(table), .tableRemoved(8)])
  }

  /// A consumer that knows its rows would miss one that is changed, and never came.
  @Test func `of a table that is gone, only what was read gets its last changes`() throws {
    var (machine, id) = try armed()
    machine.workerFailed(id)
    _ = machine.claim(id, upTo: KeyBound(.before, Key(10)))
    machine.lockHeld(id)
    machine.snapshotTaken(id, try point("201:201:", 400), flushed: LSN(rawValue: 400))
    machine.waitedTooLong(id)
    _ = machine.chunkBegins(id)
    machine.chunkEnds(id)
    machine.remove(table, before: LSN(rawValue: 600))
    machine.remove(table, before: LSN(rawValue: 900))
    #expect(!machine.isBeingRead(table) && machine.isJudged(table) && !machine.isIdle)
    #expect(machine.openRange(of: table) == nil)
    #expect(!machine.takeDeltas().contains(.tableRemoved(table)))
    let dropped = machine.dropped
    _ = try machine.begin(xid: 250, commitLSN: LSN(rawValue: 500))
    #expect(machine.judge(.update(old: nil, new: Key(1), isPartial: false), of: table) == .deliver)
    #expect(machine.judge(.update(old: nil, new: Key(11), isPartial: false), of: table) == .drop)
    #expect(machine.judge(.delete(Key(12)), of: table) == .drop)
    machine.transactionEnds(endLSN: LSN(rawValue: 550))
    // Nobody will read it, so that no snapshot has to see this.
    #expect(machine.dropped == dropped)
    machine.keepalive(walEnd: LSN(rawValue: 600))
    #expect(machine.isIdle && machine.takeDeltas() == [.tableRemoved(table)])
    #expect(machine.takeItems().isEmpty)
  }

  @Test func `of a table whose keys have no order any more, no change is delivered`() throws {
    var machine = IncrementalMachine()
    let type = KeyType(.named(schema: "s", name: "mood"), comparesBytes: false)
    let shape = KeyShape([KeyColumn(name: "k", type: type)])
    machine.add(table, shape, at: try TransactionSnapshot("100:100:"))
    let id = try #require(machine.openRange(of: table)?.id)
    let (low, high) = (Key([.opaque([97])]), Key([.opaque([98])]))
    _ = machine.claim(id, upTo: KeyBound(.before, high))
    machine.lockHeld(id)
    machine.snapshotTaken(id, try point("201:201:", 400), flushed: LSN(rawValue: 400))
    machine.waitedTooLong(id)
    _ = machine.chunkBegins(id)
    machine.chunkEnds(id)
    _ = try machine.begin(xid: 250, commitLSN: LSN(rawValue: 500))
    #expect(machine.judge(.insert(low), of: table) == .undecided([low]))
    machine.loseOrder(of: table)
    for change in [.insert(low), .delete(low), .update(old: low, new: high, isPartial: false)]
      as [KeyChange]
    {
      #expect(machine.judge(change, of: table) == .drop)
    }
  }

  @Test func `a table that comes back before its last changes is read again`() throws {
    var (machine, _) = try armed()
    machine.remove(table, before: LSN(rawValue: 600))
    machine.add(table, shape, at: try TransactionSnapshot("300:300:"))
    #expect(machine.isBeingRead(table))
    machine.keepalive(walEnd: LSN(rawValue: 700))
    #expect(machine.isBeingRead(table) && machine.openRange(of: table) != nil)
  }

  @Test func `cancelling`() throws {
    var (machine, id) = try armed()
    machine.cancel(table)
    #expect(machine.takeActions() == [.abandon(id)])
    #expect(machine.isIdle && machine.takeItems().isEmpty)
    #expect(try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300)) == .none)
  }

  @Test func `ranges that were read filter on after a cancel`() throws {
    var (machine, id) = try armed()
    machine.workerFailed(id)
    _ = machine.claim(id, upTo: KeyBound(.before, Key(10)))
    machine.lockHeld(id)
    machine.snapshotTaken(id, try point("201:201:", 400), flushed: LSN(rawValue: 400))
    machine.waitedTooLong(id)
    #expect(machine.chunkToPlace() == id)
    _ = machine.chunkBegins(id)
    machine.chunkEnds(id)
    machine.cancel(table)
    _ = try machine.begin(xid: 200, commitLSN: LSN(rawValue: 300))
    #expect(machine.judge(.insert(Key(1)), of: table) == .drop)
    #expect(machine.judge(.insert(Key(11)), of: table) == .deliver)
    machine.transactionEnds(endLSN: LSN(rawValue: 400))
    #expect(machine.isIdle)
  }
}
