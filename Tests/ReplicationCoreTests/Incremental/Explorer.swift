import PGWire

@testable import ReplicationCore

/// One thing that happens.
enum ModelStep: Hashable {
  case commit
  case becomeVisible(Int)
  case begin
  case admit
  case operation
  case keepalive
  case placeChunk
  case observe
  case claim
  case lock(RangeID)
  case takeSnapshot(RangeID)
  case snapshotArrives(RangeID)
  case waitTooLong(RangeID)
  case workerFails(RangeID)
  case save
  case kill
}

extension ModelWorld {
  /// Everything that could happen next.
  func steps(_ setup: ModelSetup) -> [ModelStep] {
    var steps: [ModelStep] = []
    if canCommit(setup) { steps.append(.commit) }
    for index in 0..<committed where !isVisible(index) { steps.append(.becomeVisible(index)) }
    if operation == nil {
      if now.delivered < committed {
        steps.append(.begin)
      } else if machine.position < insertLSN {
        steps.append(.keepalive)
      }
      if machine.chunkToPlace() != nil { steps.append(.placeChunk) }
    } else {
      steps.append(machine.current?.isAdmitted == true ? .operation : .admit)
    }
    if machine.isWaitingForWriters { steps.append(.observe) }
    if machine.openRange(of: Self.table) != nil { steps.append(.claim) }
    for (id, worker) in workers.sorted(by: { $0.key.number < $1.key.number }) {
      switch worker {
      case .claimed where !isLocked(setup): steps.append(.lock(id))
      case .armed: steps.append(.takeSnapshot(id))
      case .taken: steps.append(.snapshotArrives(id))
      case .reading: steps.append(.waitTooLong(id))
      default: break
      }
      if failuresLeft > 0 { steps.append(.workerFails(id)) }
    }
    if setup.kills > 0, killsLeft > 0 {
      if !hasSaved, operation == nil { steps.append(.save) }
      steps.append(.kill)
    }
    return steps
  }

  mutating func take(_ step: ModelStep, _ setup: ModelSetup) {
    switch step {
    case .commit:
      committed += 1
      if !setup.commitsBeforeVisible { visible |= 1 << UInt32(committed - 1) }
    case .becomeVisible(let index): visible |= 1 << UInt32(index)
    case .begin: begin(setup)
    case .admit:
      if case .deliverChunk(let id) = machine.admission() { deliverChunk(id, setup) }
    case .operation: deliverOperation(setup)
    case .keepalive: keepalive(setup)
    case .placeChunk:
      if let id = machine.chunkToPlace() { deliverChunk(id, setup) }
    case .observe: machine.observed(setup.history.snapshot(visible: visible))
    case .claim:
      if let (id, range) = machine.openRange(of: Self.table) {
        let cut = setup.history.cuts.map { KeyBound(.before, Key($0)) }.first {
          range.isCut(by: $0) == true
        }
        if machine.claim(id, upTo: cut) != nil { workers[id] = .claimed }
      }
    case .lock(let id):
      workers[id] = .locked
      machine.lockHeld(id)
    case .takeSnapshot(let id): takeSnapshot(id, setup)
    case .snapshotArrives(let id):
      if case .taken(_, let point)? = workers[id] {
        machine.snapshotTaken(id, point, flushed: insertLSN)
      }
    case .waitTooLong(let id): machine.waitedTooLong(id)
    case .workerFails(let id):
      failuresLeft -= 1
      workers[id] = nil
      machine.workerFailed(id)
    case .save:
      saved = now
      hasSaved = true
    case .kill: kill(setup)
    }
    followActions(setup)
  }

  /// What is wrong with a world in which nothing more can happen.
  func faultAtEnd(_ setup: ModelSetup) -> String? {
    let count = setup.history.transactions.count
    guard committed == count, now.delivered == count else { return "the stream has stopped" }
    guard machine.isIdle, wholeReported, now.progress.whole[Self.table] != nil else {
      return "the table never gets whole"
    }
    return now.mirror == setup.history.rows { _ in true } ? nil : "the mirror is not the source"
  }
}

/// Goes through all interleavings of a history; worlds that were seen are not gone through again.
struct Explorer {
  let setup: ModelSetup
  private(set) var worlds = 0
  private(set) var path: [ModelStep] = []
  private var seen: Set<ModelWorld> = []

  init(_ setup: ModelSetup) {
    self.setup = setup
  }

  /// - Returns: The first thing that is wrong, and the steps that led to it.
  mutating func run(limit: Int = .max) -> String? {
    explore(ModelWorld(setup), limit: limit)
  }

  private mutating func explore(_ world: ModelWorld, limit: Int) -> String? {
    guard worlds < limit, seen.insert(world).inserted else { return nil }
    worlds += 1
    var isEnd = true
    for step in world.steps(setup) {
      var next = world
      next.take(step, setup)
      path.append(step)
      if let failure = next.failure { return report(failure) }
      if next != world {
        if step != .kill, step != .save { isEnd = false }
        if let failure = explore(next, limit: limit) { return failure }
      }
      path.removeLast()
    }
    guard isEnd, let fault = world.faultAtEnd(setup) else { return nil }
    return report(fault)
  }

  private func report(_ fault: String) -> String {
    "\(setup.history.name): \(fault) after \(path.map { "\($0)" }.joined(separator: ", "))"
  }
}
