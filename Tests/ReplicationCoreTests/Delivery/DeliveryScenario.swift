@testable import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// Decides what happens where several things can.
protocol Choices {
  mutating func pick(_ count: Int) -> Int
}

/// Every combination of choices, one after the other.
struct AllPaths: Choices {
  private var path: [(choice: Int, count: Int)] = []
  private var depth = 0

  mutating func pick(_ count: Int) -> Int {
    if depth == path.count { path.append((0, count)) }
    defer { depth += 1 }
    return path[depth].choice
  }

  /// Goes to the next path; false after the last.
  mutating func advance() -> Bool {
    depth = 0
    while let last = path.popLast() {
      guard last.choice + 1 < last.count else { continue }
      path.append((last.choice + 1, last.count))
      return true
    }
    return false
  }
}

/// A server's log, its streams that break, and a consumer that takes what the machine delivers.
///
/// At every step it is checked that nothing is lost, given out of order or given twice without a
/// word, and that the slot never passes what the consumer has not acknowledged.
struct DeliveryScenario<Source: Choices> {
  /// A step of the log.
  struct Logged {
    enum Kind { case transaction, prepared, point, message }

    let kind: Kind
    let commit: UInt64
    let end: UInt64
    let changes: Int
    /// Where in the log it is sent, and the end of that.
    let sent: UInt64
    let sentEnd: UInt64

    /// - Parameter sent: Where it is sent, if it is not sent where it lies: with that commit.
    init(_ kind: Kind, at commit: UInt64, changes: Int = 0, sentWith sent: UInt64? = nil) {
      self.kind = kind
      self.commit = kind == .message ? commit + 8 : commit
      end = commit + 8
      self.changes = changes
      self.sent = sent ?? commit
      sentEnd = sent ?? end
    }
  }

  /// What became of something that was delivered.
  struct Given {
    enum Outcome { case open, complete, passedOver, interrupted }

    let index: Int
    let id: DeliveryMachine.ID
    var changes = 0
    var outcome = Outcome.open
    var hasEnd: Bool
  }

  private enum Next {
    case step(TransactionStep)
    /// The stream broke, and with it the open transaction.
    case interrupted
    case nothing
  }

  private let log: [Logged]
  private let now = MonotonicTime(nanoseconds: 0)
  private var choices: Source
  private var breaksLeft: Int
  private var machine: DeliveryMachine
  private var ledger = AcknowledgementLedger(position: lsn(0x80))
  private(set) var given: [Given] = []
  /// What the stream still brings, the next one last; and of what kept of it, a stream can't break.
  private var steps: [TransactionStep] = []
  private var kept: [TransactionStep] = []

  init(_ log: [Logged], breaks: Int, _ choices: Source) {
    self.log = log
    self.choices = choices
    breaksLeft = breaks
    machine = DeliveryMachine(DeliveryMachine.Policy())
    machine.progress.begin(at: lsn(0x80))
  }

  /// Runs until everything was taken, and returns the choices.
  mutating func run() throws -> Source {
    openStream()
    while true {
      if machine.givesChanges, choices.pick(2) == 0 {
        try takeChange()
      } else {
        guard try takeTransaction() else { break }
      }
      try check()
    }
    #expect(settled == log.count)
    #expect(given.allSatisfy { $0.outcome == .interrupted || $0.hasEnd })
    #expect(ledger.openCount == 0 && ledger.position.rawValue >= log.last?.end ?? 0)
    return choices
  }

  /// How many steps of the log the consumer is done with.
  private var settled: Int {
    given.count { $0.outcome == .complete || $0.outcome == .passedOver }
  }
}

// MARK: - The consumer

extension DeliveryScenario {
  private mutating func takeChange() throws {
    let last = given.count - 1
    while machine.givesChanges {
      switch pull(whileTaking: true) {
      case .step(.change(.message(let message))):
        let number = UInt64(given[last].changes)
        try #require(message.lsn == lsn(log[given[last].index].commit << 8 + number))
        given[last].changes += 1
        return
      case .step(let step):
        let opening = perform(machine.take(step))
        try #require(opening == nil)
      case .interrupted: return
      case .nothing: throw Incomplete()
      }
    }
    try #require(given[last].changes == log[given[last].index].changes)
    complete(last)
  }

  private mutating func takeTransaction() throws -> Bool {
    if machine.givesChanges { given[given.count - 1].outcome = .passedOver }
    let passedOver = given.last { $0.outcome == .passedOver }
    machine.passOver()
    if let passedOver { ledger.complete(passedOver.id) }
    while true {
      switch pull(whileTaking: false) {
      case .step(let step):
        guard let opening = perform(machine.take(step)) else { continue }
        try begin(opening, step)
        return true
      case .interrupted: throw Incomplete()
      case .nothing: return false
      }
    }
  }

  private mutating func begin(
    _ opening: DeliveryMachine.Opening, _ step: TransactionStep
  ) throws {
    let index = try #require(
      log.firstIndex {
        lsn($0.commit) == opening.info.commitLSN
          && ($0.kind == .message) == (opening.info.kind == .message)
      })
    try #require(index == settled)
    try #require(opening.id > given.last?.id ?? 0)
    let wasInterrupted = given.last.map { $0.index == index && $0.outcome == .interrupted } ?? false
    #expect(opening.isRedelivered == wasInterrupted)
    #expect(opening.end.map { $0 == lsn(log[index].end) } ?? true)
    given.append(Given(index: index, id: opening.id, hasEnd: opening.end != nil))
    if !machine.givesChanges { complete(given.count - 1) }
  }

  private mutating func complete(_ index: Int) {
    given[index].outcome = .complete
    ledger.complete(given[index].id)
  }

  private mutating func perform(
    _ delivery: DeliveryMachine.Delivery
  ) -> DeliveryMachine.Opening? {
    switch delivery {
    case .nothing: break
    case .open(let opening):
      ledger.open(opening.id, at: now)
      if let end = opening.end { ledger.end(opening.id, at: end) }
      return opening
    case .end(let id, let end), .endPassedOver(let id, let end):
      guard let index = given.firstIndex(where: { $0.id == id }) else {
        Issue.record("\(id) was never delivered")
        break
      }
      #expect(end == lsn(log[given[index].index].end) && !given[index].hasEnd)
      given[index].hasEnd = true
      ledger.end(id, at: end)
    case .idle(let position, _):
      // All that lies before was delivered.
      let missing = log.dropFirst(settled).first { lsn($0.sent) < position }
      #expect(missing == nil)
      ledger.markIdle(upTo: position, at: now)
    }
    return nil
  }

  /// The slot is not beyond what is done, and no more is said to be given than was.
  private func check() throws {
    let isOpen = given.last?.outcome == .open
    if settled < log.count { try #require(ledger.position <= lsn(log[settled].sent)) }
    let furthest = machine.progress.furthestGiven
    if let last = given.last(where: { $0.outcome == .complete }) {
      try #require(furthest >= lsn(log[last.index].end))
    }
    if let last = given.last(where: { $0.outcome == .passedOver }) {
      try #require(furthest > lsn(log[last.index].commit))
    }
    let count = settled + (isOpen ? 1 : 0)
    try #require(furthest <= lsn(log[..<count].map(\.end).max() ?? 0))
  }
}

// MARK: - The server

extension DeliveryScenario {
  /// The next step, unless the stream breaks before it.
  private mutating func pull(whileTaking isTaking: Bool) -> Next {
    if let step = kept.popLast() { return .step(step) }
    if breaksLeft > 0, choices.pick(2) == 1 {
      breaksLeft -= 1
      let interruption = machine.loseStream(whileTaking: isTaking)
      openStream()
      if let interruption {
        ledger.void(interruption.id)
        given[given.count - 1].outcome = .interrupted
        #expect(given.last?.id == interruption.id)
        return .interrupted
      }
    }
    guard let step = steps.popLast() else { return .nothing }
    if case .whole(let info, let end, _) = step {
      kept = [.end(end)] + changes(of: info.commitLSN.rawValue).reversed()
    }
    return .step(step)
  }

  /// A stream begins where the machine stands, and brings what commits from there on.
  private mutating func openStream() {
    let start = machine.progress.position ?? .zero
    steps = []
    // Of a message that ends where the stream begins it is not said whether it comes again.
    for logged in log where lsn(logged.kind == .message ? logged.end : logged.sent) >= start {
      steps += messages(of: logged)
      steps.append(.idle(lsn(logged.sentEnd), isRequested: false))
    }
    steps.reverse()
  }

  private mutating func messages(of logged: Logged) -> [TransactionStep] {
    let kind: TransactionKind =
      switch logged.kind {
      case .transaction: .committed
      case .prepared: .prepared(gid: "g")
      case .point: .commitPrepared(gid: "g")
      case .message: .message
      }
    let info = TransactionInfo(
      kind: kind, xid: logged.kind == .message ? 0 : UInt32(logged.commit),
      commitLSN: lsn(logged.commit))
    let end = lsn(logged.end)
    switch logged.kind {
    case .point, .message: return [.point(info, end: end, nil)]
    case .transaction, .prepared:
      // One server streams what another one sends whole.
      if choices.pick(2) == 1 { return [.whole(info, end: end, TransactionSpool())] }
      return [.begin(info)] + changes(of: logged.commit) + [.end(end)]
    }
  }

  private func changes(of commit: UInt64) -> [TransactionStep] {
    let count = log.first { $0.kind != .message && $0.commit == commit }?.changes ?? 0
    return (0..<count).compactMap { number in
      let bytes = PgOutput.message(
        transactional: true, lsn: commit << 8 + UInt64(number), prefix: "", content: [])
      return (try? LogicalMessage(decoding: bytes.span)).map { .change(.message($0)) }
    }
  }

  private struct Incomplete: Error {}
}
