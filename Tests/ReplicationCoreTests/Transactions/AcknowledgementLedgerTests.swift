import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// Names that nobody else uses.
private let lastID = Atomic<AcknowledgementLedger.ID>(0)

extension AcknowledgementLedger {
  /// Enters a transaction under a new name.
  fileprivate mutating func open(at now: MonotonicTime) -> ID {
    let id = lastID.add(1, ordering: .relaxed).newValue
    open(id, at: now)
    return id
  }
}

/// Which transactions are done, and how far the slot may follow.
@Suite struct AcknowledgementLedgerTests {
  private let now = MonotonicTime(nanoseconds: 0)

  @Test func `follows the contiguous low-water mark`() {
    var ledger = AcknowledgementLedger(position: LSN(rawValue: 10))
    let ids = (1...3).map { index in
      let id = ledger.open(at: now)
      ledger.end(id, at: LSN(rawValue: UInt64(10 + index * 10)))
      return id
    }
    ledger.complete(ids[2])
    #expect(ledger.position == LSN(rawValue: 10))
    ledger.complete(ids[0])
    #expect(ledger.position == LSN(rawValue: 20))
    #expect(ledger.openCount == 1)
    ledger.complete(ids[1])
    #expect(ledger.position == LSN(rawValue: 40) && ledger.openCount == 0)
    let again = ledger.complete(ids[1])
    #expect(!again)
  }

  @Test func `counts an acknowledgement that comes before the end only then`() {
    var ledger = AcknowledgementLedger(position: .zero)
    let id = ledger.open(at: now)
    ledger.complete(id, attaching: [1])
    #expect(ledger.position == .zero)
    ledger.end(id, at: LSN(rawValue: 7))
    #expect(ledger.position == LSN(rawValue: 7) && ledger.attachment == [1])
  }

  @Test func `forgets what is delivered again`() {
    var ledger = AcknowledgementLedger(position: .zero)
    let broken = ledger.open(at: now)
    ledger.complete(broken)
    ledger.void(broken)
    let again = ledger.open(at: now)
    ledger.end(again, at: LSN(rawValue: 9))
    ledger.end(broken, at: LSN(rawValue: 99))
    ledger.complete(broken)
    #expect(ledger.position == .zero)
    ledger.complete(again)
    #expect(ledger.position == LSN(rawValue: 9))
  }

  @Test func `one that begins anew knows nothing of what the one before has given out`() {
    var former = AcknowledgementLedger(position: LSN(rawValue: 50))
    let old = former.open(at: now)
    var ledger = AcknowledgementLedger(position: LSN(rawValue: 90), after: former)
    let id = ledger.open(at: now)
    ledger.end(id, at: LSN(rawValue: 100))
    ledger.complete(old)
    #expect(ledger.position == LSN(rawValue: 90))
    ledger.complete(id)
    #expect(ledger.position == LSN(rawValue: 100))
  }

  @Test func `tells of what nobody can acknowledge any more, once it has ended`() {
    var ledger = AcknowledgementLedger(position: .zero)
    let (whole, begun, done) = (ledger.open(at: now), ledger.open(at: now), ledger.open(at: now))
    ledger.end(whole, at: LSN(rawValue: 5))
    let first = ledger.abandon(whole)
    #expect(first == LSN(rawValue: 5))
    let second = ledger.abandon(begun)
    #expect(second == nil)
    let ended = ledger.end(begun, at: LSN(rawValue: 6))
    #expect(ended)
    ledger.complete(done)
    let third = ledger.abandon(done)
    let late = ledger.end(done, at: LSN(rawValue: 7))
    #expect(third == nil && !late && ledger.position == .zero)
  }

  @Test func `an idle mark counts once all before it is done`() {
    var ledger = AcknowledgementLedger(position: .zero)
    ledger.markIdle(upTo: LSN(rawValue: 5), at: now)
    #expect(ledger.position == LSN(rawValue: 5))
    let id = ledger.open(at: now)
    ledger.markIdle(upTo: LSN(rawValue: 20), at: now)
    ledger.end(id, at: LSN(rawValue: 10))
    ledger.markIdle(upTo: LSN(rawValue: 30), at: now)
    #expect(ledger.position == LSN(rawValue: 5))
    ledger.complete(id)
    #expect(ledger.position == LSN(rawValue: 30))
    // A mark that says nothing new.
    ledger.markIdle(upTo: LSN(rawValue: 30), at: now)
    #expect(ledger.position == LSN(rawValue: 30))
  }

  /// Ten days without a transaction, a keepalive every ten seconds: nothing piles up.
  @Test func `days of an idle database`() {
    var ledger = AcknowledgementLedger(position: .zero)
    let held = ledger.open(at: now)
    ledger.end(held, at: LSN(rawValue: 1))
    var allocated = 0
    for second in stride(from: 0, to: 864_000, by: 10) {
      ledger.markIdle(
        upTo: LSN(rawValue: UInt64(second + 2)), at: MonotonicTime(nanoseconds: Int64(second)))
      allocated = max(allocated, ledger.entryCount)
    }
    #expect(allocated == 2 && ledger.position == .zero)
    ledger.complete(held)
    #expect(ledger.position == LSN(rawValue: 863_992) && ledger.entryCount == 0)
  }

  /// In any order that there is, the position is what a plain walk over all of them says.
  @Test func `says what a plain walk says`() {
    var random = RepeatableGenerator(seed: 3)
    for _ in 0..<30 {
      var ledger = AcknowledgementLedger(position: .zero)
      // Each entry's end, and whether it is done.
      var model: [(id: AcknowledgementLedger.ID?, end: UInt64?, done: Bool)] = []
      var end: UInt64 = 0
      for _ in 0..<200 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
          model.append((ledger.open(at: now), nil, false))
        case 4..<6:
          guard let index = model.firstIndex(where: { $0.end == nil && $0.id != nil }),
            let id = model[index].id
          else { continue }
          // Ends come in order.
          guard model[(index + 1)...].allSatisfy({ $0.end == nil }) else { continue }
          end += UInt64.random(in: 1...9, using: &random)
          model[index].end = end
          ledger.end(id, at: LSN(rawValue: end))
        case 6..<9:
          guard let index = model.indices.randomElement(using: &random), let id = model[index].id
          else { continue }
          model[index].done = true
          ledger.complete(id)
        default:
          guard model.allSatisfy({ $0.end != nil }) else { continue }
          end += 1
          model.append((nil, end, true))
          ledger.markIdle(upTo: LSN(rawValue: end), at: now)
        }
        let expected = model.prefix { $0.done && $0.end != nil }.compactMap(\.end).max() ?? 0
        #expect(ledger.position.rawValue == expected)
      }
    }
  }

  @Test func `the last transaction is told from what is idle behind it`() {
    var ledger = AcknowledgementLedger(position: LSN(rawValue: 10))
    #expect(ledger.transactionEnd == LSN(rawValue: 10))
    let first = ledger.open(at: now)
    ledger.end(first, at: LSN(rawValue: 20))
    ledger.markIdle(upTo: LSN(rawValue: 30), at: now)
    ledger.complete(first)
    #expect(ledger.position == LSN(rawValue: 30))
    #expect(ledger.transactionEnd == LSN(rawValue: 20))
  }

  @Test func `what was idle is taken back, and transactions are not`() {
    var ledger = AcknowledgementLedger(position: LSN(rawValue: 10))
    ledger.markIdle(upTo: LSN(rawValue: 15), at: now)
    let first = ledger.open(at: now)
    ledger.end(first, at: LSN(rawValue: 20))
    ledger.markIdle(upTo: LSN(rawValue: 50), at: now)
    ledger.rewind(to: LSN(rawValue: 30))
    #expect(ledger.position == LSN(rawValue: 15))
    // The new history has its own transaction there.
    let second = ledger.open(at: now)
    ledger.end(second, at: LSN(rawValue: 40))
    ledger.complete(first)
    #expect(ledger.position == LSN(rawValue: 30))
    ledger.complete(second)
    #expect(ledger.position == LSN(rawValue: 40))
    ledger.rewind(to: LSN(rawValue: 35))
    #expect(ledger.position == LSN(rawValue: 35))
  }
}
