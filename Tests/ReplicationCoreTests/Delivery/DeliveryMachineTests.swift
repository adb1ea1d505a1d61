@testable import PGOutput
import PGWire
import TestSupport
import Testing

@testable import ReplicationCore

/// What is delivered of streams that break, and what is not.
@Suite struct DeliveryMachineTests {
  typealias Logged = DeliveryScenario<AllPaths>.Logged

  /// Chooses at random.
  private struct Chance: Choices {
    var random: RepeatableGenerator
    /// One of so many is a choice other than the first.
    let rarity: Int

    mutating func pick(_ count: Int) -> Int {
      guard Int.random(in: 0..<rarity, using: &random) == 0 else { return 0 }
      return Int.random(in: 0..<count, using: &random)
    }
  }

  @Test(arguments: [
    [Logged(.transaction, at: 0x100, changes: 2), Logged(.transaction, at: 0x200, changes: 1)],
    [Logged(.transaction, at: 0x100, changes: 1), Logged(.message, at: 0x200)],
    [Logged(.message, at: 0x100), Logged(.transaction, at: 0x108, changes: 1)],
    [
      Logged(.prepared, at: 0x100, changes: 1), Logged(.point, at: 0x200),
      Logged(.message, at: 0x208),
    ],
    [Logged(.transaction, at: 0x100), Logged(.transaction, at: 0x108, changes: 1)],
    // Prepared before the slot was made for it.
    [
      Logged(.transaction, at: 0x100, changes: 1),
      Logged(.prepared, at: 0x20, changes: 1, sentWith: 0x200), Logged(.point, at: 0x200),
    ],
  ])
  func `whatever breaks where, everything is delivered once`(log: [Logged]) throws {
    var paths = AllPaths()
    var (count, interrupted, passedOver) = (0, 0, 0)
    repeat {
      var scenario = DeliveryScenario(log, breaks: 2, paths)
      paths = try scenario.run()
      count += 1
      interrupted += scenario.given.count { $0.outcome == .interrupted }
      passedOver += scenario.given.count { $0.outcome == .passedOver }
    } while paths.advance()
    #expect(count > 100 && interrupted > 10 && passedOver > 10)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `long histories with many breaks are delivered once`(seed: UInt64) throws {
    var random = RepeatableGenerator(seed: seed)
    var position: UInt64 = 0x100
    let log = (0..<200).map { _ -> DeliveryScenario<Chance>.Logged in
      position += [8, 16, 400].randomElement(using: &random) ?? 8
      switch Int.random(in: 0..<10, using: &random) {
      case 0: return DeliveryScenario.Logged(.message, at: position)
      case 1: return DeliveryScenario.Logged(.point, at: position)
      case 2: return DeliveryScenario.Logged(.prepared, at: position, changes: 3)
      default:
        let changes = Int.random(in: 0...6, using: &random)
        return DeliveryScenario.Logged(.transaction, at: position, changes: changes)
      }
    }
    var scenario = DeliveryScenario(log, breaks: 150, Chance(random: random, rarity: 4))
    _ = try scenario.run()
    #expect(scenario.given.contains { $0.outcome == .interrupted })
    #expect(scenario.given.contains { $0.outcome == .passedOver })
  }

  // MARK: - Policies

  private func transaction(_ xid: UInt32, at commit: UInt64) -> TransactionInfo {
    TransactionInfo(kind: .committed, xid: xid, commitLSN: lsn(commit))
  }

  @Test func `idle positions count as they are asked for`() {
    func idle(_ policy: DeliveryMachine.Policy, isRequested: Bool) -> Bool {
      var machine = DeliveryMachine(policy)
      machine.progress.begin(at: lsn(0x80))
      let delivery = machine.take(.idle(lsn(0x100), isRequested: isRequested))
      guard case .idle(lsn(0x100), isRequested) = delivery else {
        #expect(machine.progress.position == lsn(0x80))
        return false
      }
      #expect(machine.progress.position == lsn(0x100))
      return true
    }
    let standing = DeliveryMachine.Policy(advancesWhenIdle: false)
    let leaving = DeliveryMachine.Policy(leavesSlot: true)
    #expect(idle(DeliveryMachine.Policy(), isRequested: false))
    #expect(!idle(standing, isRequested: false) && idle(standing, isRequested: true))
    #expect(!idle(leaving, isRequested: false) && !idle(leaving, isRequested: true))
  }

  @Test func `what the consumer has is told from what lies before it`() {
    var machine = DeliveryMachine(DeliveryMachine.Policy())
    machine.progress.begin(at: lsn(0x80))
    _ = machine.take(.begin(transaction(7, at: 0x100)))
    #expect(machine.progress.furthestGiven == .zero)
    machine.passOver()
    #expect(machine.progress.furthestGiven == lsn(0x101) && machine.progress.furthestMark == nil)
    _ = machine.loseStream(whileTaking: false)
    _ = machine.take(.begin(transaction(7, at: 0x100)))
    #expect(!machine.givesChanges)
    let delivery = machine.take(.end(lsn(0x108)))
    guard case .endPassedOver(1, lsn(0x108)) = delivery else {
      Issue.record("\(delivery)")
      return
    }
    #expect(machine.progress.furthestGiven == lsn(0x108))
    machine.progress.reset()
    #expect(machine.progress.furthestGiven == .zero && machine.progress.position == nil)
  }

  // MARK: - Staged transactions

  @Test func `a staged transaction that was delivered counts once`() {
    var machine = DeliveryMachine(DeliveryMachine.Policy())
    machine.progress.begin(at: lsn(0x80))
    let staged = ProvisionalStep.Assembled.staged(
      transaction(7, at: 0x100), end: lsn(0x108),
      ProvisionalStage(transaction: TransactionInProgress(7)))
    guard case .staged(let opening, _, lsn(0x108)) = ProvisionalDelivery.take(staged, &machine)
    else {
      Issue.record("it is not delivered")
      return
    }
    #expect(opening.id == 1 && opening.end == lsn(0x108) && !machine.givesChanges)
    machine.passOver()
    _ = machine.loseStream(whileTaking: false)
    guard case .known(7, .nothing) = ProvisionalDelivery.take(staged, &machine) else {
      Issue.record("it is delivered again")
      return
    }
  }

  @Test func `one that was passed over and is staged the next time has its end then`() {
    var machine = DeliveryMachine(DeliveryMachine.Policy())
    machine.progress.begin(at: lsn(0x80))
    guard
      case .whole(.open) = ProvisionalDelivery.take(
        .whole(.begin(transaction(7, at: 0x100))), &machine)
    else {
      Issue.record("it is not delivered")
      return
    }
    machine.passOver()
    _ = machine.loseStream(whileTaking: false)
    let staged = ProvisionalStep.Assembled.staged(
      transaction(7, at: 0x100), end: lsn(0x108),
      ProvisionalStage(transaction: TransactionInProgress(7)))
    guard
      case .known(7, .endPassedOver(1, lsn(0x108))) = ProvisionalDelivery.take(staged, &machine)
    else {
      Issue.record("its end is missing")
      return
    }
  }
}
