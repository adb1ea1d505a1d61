import Logging
import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

/// What a subscription keeps while it goes from one server to the next.
@Suite struct FailoverStateTests {
  /// Saves when it is told to.
  private final class SlowStore: CheckpointStore {
    let saved = Mutex<[Checkpoint]>([])
    let begun: AsyncStream<Void>
    private let hasBegun: AsyncStream<Void>.Continuation
    let release: AsyncStream<Void>.Continuation
    private let released: AsyncStream<Void>

    init() {
      (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
      (released, release) = AsyncStream.makeStream(of: Void.self)
    }

    func load() async throws -> Checkpoint? { nil }

    func save(_ checkpoint: Checkpoint) async throws {
      hasBegun.yield()
      for await _ in released { break }
      saved.withLock { $0.append(checkpoint) }
    }
  }

  private func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

  @Test func `what is saved while the history parts is not reported to the new server`() async {
    let store = SlowStore()
    let acknowledgements = Acknowledgements(
      store, idlePace: .seconds(3600), Logger(label: "test")
    ) {}
    let saver = Task { await acknowledgements.run() }
    let old = Checkpoint(position: lsn(100), systemID: "1", timeline: 1, slot: "s")
    acknowledgements.begin(at: old)
    let transaction: AcknowledgementLedger.ID = 1
    acknowledgements.open(transaction)
    acknowledgements.end(transaction, at: lsn(200))
    acknowledgements.markIdle(upTo: lsn(900), isRequested: false)
    acknowledgements.complete(transaction, attaching: nil)
    var begun = store.begun.makeAsyncIterator()
    await begun.next()
    // The standby that is promoted has received 300 bytes.
    var new = old
    new.timeline = 2
    acknowledgements.renew(new, rewoundTo: lsn(300))
    store.release.yield()
    store.release.yield()
    acknowledgements.finish()
    store.release.yield()
    await saver.value
    #expect(store.saved.withLock { $0.first?.position } == lsn(900))
    #expect(acknowledgements.position == lsn(300))
    #expect(acknowledgements.resumption?.timeline == 2)
    #expect(acknowledgements.resumption?.transactionEnd == lsn(200))
    #expect(acknowledgements.numbers.done == lsn(300))
  }

  @Test func `a frozen host is not waited for where there are others`() throws {
    func timeout(_ hosts: String, _ more: String = "") throws -> Duration? {
      let params = try ReplicationParams(
        url: "postgresql://u@\(hosts)/d\(more)", slot: "s", publications: ["p"])
      return try Subscription(params).context.client.params.connection.connectTimeout
    }
    #expect(try timeout("one") == nil)
    #expect(try timeout("one,two") == .seconds(10))
    #expect(try timeout("one,two", "?connect_timeout=3") == .seconds(3))
  }
}
