import CDCTime
import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

/// How far a consumer may run ahead of what is saved, and what ends its waits.
@Suite struct UnsavedTransactionsTests {
  /// Saves one checkpoint each time that it is told to.
  private final class SlowStore: CheckpointStore {
    struct Full: Error {}

    let saved = Mutex<[Checkpoint]>([])
    private let released: AsyncStream<Bool>
    private let release: AsyncStream<Bool>.Continuation

    init() { (released, release) = AsyncStream.makeStream(of: Bool.self) }

    func load() async throws -> Checkpoint? { nil }

    func save(_ checkpoint: Checkpoint) async throws {
      for await succeeds in released {
        guard succeeds else { throw Full() }
        break
      }
      saved.withLock { $0.append(checkpoint) }
    }

    func letOne(succeed: Bool) { release.yield(succeed) }
  }

  private func mark(_ xid: UInt32) -> TransactionMark {
    TransactionMark(xid: xid, time: PostgresTimestamp(microseconds: 1), selection: 0)
  }

  private func start(
    _ store: SlowStore, failed: @escaping @Sendable () -> Void = {}
  ) -> Acknowledgements {
    let all = Acknowledgements(
      store, idlePace: .seconds(3600), quietLogger, failed: failed)
    all.begin(at: Checkpoint(position: lsn(10), systemID: "1", timeline: 1, slot: "s"))
    return all
  }

  private func complete(_ number: UInt64, _ all: Acknowledgements) {
    let id = number
    all.open(id, mark(UInt32(number)))
    all.end(id, at: lsn(100 * number))
    all.complete(id, attaching: nil)
  }

  @Test(.timeLimit(.minutes(1))) func `it waits until enough is saved`() async {
    let store = SlowStore()
    let all = start(store)
    let saver = Task { await all.run() }
    complete(1, all)
    complete(2, all)
    #expect(!all.isBehind(by: 3) && all.isBehind(by: 2))
    // Delivered and not acknowledged: that is no reason to wait.
    let open: AcknowledgementLedger.ID = 3
    all.open(open, mark(3))
    #expect(!all.isBehind(by: 3))
    let waiter = Task { await all.catchUp(to: 1) }
    // Which of them the first save has is not said; the next one has all.
    store.letOne(succeed: true)
    store.letOne(succeed: true)
    await waiter.value
    #expect(!all.isBehind(by: 1))
    let last = store.saved.withLock { $0.last }
    #expect(last?.position == lsn(200) && last?.lastTransaction == mark(2))
    // Delivered once more, what is saved already is no reason either.
    let again: AcknowledgementLedger.ID = 4
    all.open(again, mark(2))
    all.end(again, at: lsn(200))
    all.void(open)
    all.complete(again, attaching: nil)
    #expect(!all.isBehind(by: 1))
    all.finish()
    await saver.value
  }

  @Test(.timeLimit(.minutes(1))) func `the server hears of nothing before it is saved`() async {
    let store = SlowStore()
    let all = start(store)
    let reported = Mutex<[LSN]>([])
    all.attach { position, _ in reported.withLock { $0.append(position) } }
    let saver = Task { await all.run() }
    complete(1, all)
    #expect(reported.withLock { $0 } == [lsn(10)])
    store.letOne(succeed: true)
    all.finish()
    await saver.value
    #expect(reported.withLock { $0 } == [lsn(10), lsn(100)])
  }

  @Test(.timeLimit(.minutes(1))) func `a cancellation, a failure and the end let it go`() async {
    let store = SlowStore()
    let failures = Mutex(0)
    let all = start(store) { failures.withLock { $0 += 1 } }
    let saver = Task { await all.run() }
    complete(1, all)
    let cancelled = Task { await all.catchUp(to: 1) }
    cancelled.cancel()
    await cancelled.value
    #expect(all.isBehind(by: 1))
    let waiter = Task { await all.catchUp(to: 1) }
    store.letOne(succeed: false)
    await waiter.value
    await saver.value
    #expect(failures.withLock { $0 } == 1)
    #expect(all.failure != nil && !all.isBehind(by: 1))
  }

  @Test(.timeLimit(.minutes(1))) func `a failure between two waits is not overslept`() async {
    let control = SubscriptionControl()
    control.fail()
    await #expect(throws: ReplicationError.cancelled) {
      try await control.wait(endsOnStop: true) { () async throws(ReplicationError) in
        do { try await Task.sleep(for: .seconds(3600)) } catch { throw .cancelled }
      }
    }
  }
}
