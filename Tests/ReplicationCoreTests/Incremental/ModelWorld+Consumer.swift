import PGWire

@testable import ReplicationCore

/// The deliverer and the consumer's mirror.
extension ModelWorld {
  mutating func fail(_ text: String) {
    if failure == nil { failure = text }
  }

  /// The next transaction comes, and its changes are looked at if it may have to wait.
  mutating func begin(_ setup: ModelSetup) {
    let transaction = setup.history.transactions[now.delivered]
    operation = 0
    do {
      let attention = try machine.begin(
        xid: transaction.xid, commitLSN: ModelHistory.commitLSN(now.delivered))
      guard attention == .scan else { return }
    } catch {
      fail("\(error)")
    }
    for operation in transaction.operations {
      if let change = operation.change {
        _ = machine.scan(change, of: Self.table)
      } else {
        machine.scanWhole(Self.table)
      }
    }
  }

  /// Delivers one operation as it is judged, or what ends the transaction.
  mutating func deliverOperation(_ setup: ModelSetup) {
    let transaction = setup.history.transactions[now.delivered]
    guard let index = operation, index < transaction.operations.count else {
      return endTransaction(setup)
    }
    deliver(transaction.operations[index], isStrict: isStrict(setup))
    operation = index + 1
    if index + 1 == transaction.operations.count { endTransaction(setup) }
  }

  private mutating func endTransaction(_ setup: ModelSetup) {
    let end = ModelHistory.endLSN(now.delivered)
    machine.transactionEnds(endLSN: end)
    operation = nil
    now.delivered += 1
    acknowledge(end)
    check(setup)
  }

  mutating func keepalive(_ setup: ModelSetup) {
    machine.keepalive(walEnd: insertLSN)
    acknowledge(insertLSN)
    check(setup)
  }

  /// Everything delivered is acknowledged at once; a checkpoint is saved whenever the model wants.
  private mutating func acknowledge(_ position: LSN) {
    now.position = position
    for delta in machine.takeDeltas() { now.progress.apply(delta) }
    now.progress.advance(to: position)
    now.progress.takeTransactions(of: machine)
  }

  mutating func deliverChunk(_ id: RangeID, _ setup: ModelSetup) {
    guard case .reading(let visible)? = workers[id], let range = machine.chunkBegins(id) else {
      return fail("a chunk is wanted that no worker has")
    }
    let rows = setup.history.rows { visible & 1 << UInt32($0) != 0 }
    for key in 0..<setup.history.keys where range.contains(Key(key)) == true {
      now.mirror[key] = rows[key]
      now.chunkSaw[key] = visible
    }
    machine.chunkEnds(id)
    workers[id] = nil
    acknowledge(now.position)
    check(setup)
  }

  private func isStrict(_ setup: ModelSetup) -> Bool {
    setup.isTransactional || now.delivered >= deliveredBefore
  }

  /// Applies a change, and finds what is done twice or to a row that is missing.
  private mutating func deliver(_ operation: ModelOperation, isStrict: Bool) {
    guard let change = operation.change else { return truncate() }
    let verdict = machine.judge(change, of: Self.table)
    switch (operation, verdict) {
    case (_, .drop): return
    case (_, .undecided): fail("a number is undecided")
    case (.insert(let key, let row), .deliver):
      if isStrict, now.mirror[key] != nil { fail("row \(key) is inserted twice") }
      now.mirror[key] = row
    case (.update(let key, let value), .deliver):
      if isStrict, now.mirror[key] == nil { fail("row \(key) is updated and missing") }
      now.mirror[key]?.value = value
    case (.delete(let key), .deliver), (.move(let key, _, _, _), .deliverDelete):
      if isStrict, now.mirror[key] == nil { fail("row \(key) is deleted and missing") }
      now.mirror[key] = nil
    case (.move(let old, let new, let value, let large), .deliver):
      let row = now.mirror.removeValue(forKey: old)
      if isStrict, row == nil { fail("row \(old) is moved and missing") }
      if isStrict, now.mirror[new] != nil { fail("row \(new) is there before it is moved") }
      now.mirror[new] = ModelRow(value: value, large: large ?? row?.large ?? -1)
    case (.move(_, let new, let value, let large), .deliverInsert):
      if large == nil { fail("row \(new) comes without its large value") }
      if isStrict, now.mirror[new] != nil { fail("row \(new) is inserted twice") }
      now.mirror[new] = ModelRow(value: value, large: large ?? -1)
    default: fail("\(verdict) for \(operation)")
    }
  }

  private mutating func truncate() {
    switch machine.judgeTruncate(of: Self.table) {
    case .drop: return
    case .deliver, .deliverAndReadAgain: now.mirror = [:]
    }
  }

  /// Every key of a range that has been delivered is as it was in its own history.
  private mutating func check(_ setup: ModelSetup) {
    let history = setup.history
    for item in machine.takeItems() {
      guard case .tableIsWhole = item else { continue }
      wholeReported = true
    }
    guard isStrict(setup) else { return }
    for key in 0..<history.keys where isDelivered(key) {
      let saw = now.chunkSaw[key] ?? 0
      // Writers of one key are visible in the order of their commits, so this is a prefix of them.
      let rows = history.rows { $0 < now.delivered || saw & 1 << UInt32($0) != 0 }
      if now.mirror[key] != rows[key] {
        fail("row \(key) is not as it was after \(now.delivered) transactions")
      }
    }
    if machine.isIdle, now.mirror != history.rows(after: { $0 < now.delivered }) {
      fail("the table is whole, and not as it was after \(now.delivered) transactions")
    }
  }

  private func isDelivered(_ key: Int) -> Bool {
    guard let table = machine.tables[Self.table] else { return true }
    guard let index = table.ranges.index(of: Key(key)) else { return false }
    switch table.ranges.pieces[index].state {
    case .done, .passed: return true
    default: return false
    }
  }

  mutating func kill(_ setup: ModelSetup) {
    killsLeft -= 1
    deliveredBefore = max(deliveredBefore, now.delivered + (operation == nil ? 0 : 1))
    let mirror = now.mirror
    now = saved
    if !setup.isTransactional { now.mirror = mirror }
    workers = [:]
    operation = nil
    wholeReported = false
    // What is stored is text, so it must come back from it.
    guard let progress = try? IncrementalProgress(text: saved.progress.text) else {
      return fail("the checkpoint can't be read")
    }
    machine = IncrementalMachine(progress, position: saved.position)
    machine.rules = setup.rules
    machine.limits = setup.limits
    if machine.isIdle { wholeReported = progress.whole[Self.table] != nil }
  }
}
