import PGOutput
import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// How a worker and the consumer wait for each other.
@Suite struct HandoffTests {
  private static func batch(_ bytes: Int) throws -> SnapshotBatch {
    var parser = CopyRowParser(CopyFormat(isBinary: false, columnCount: 1))
    let rows = try parser.take(Array("1\n".utf8))
    return SnapshotBatch(
      table: SnapshotTable(
        relation: Relation(
          oid: 1, namespace: "s", name: "t", replicaIdentity: .default, columns: []),
        rowFilter: nil, estimatedRows: nil, hasBinaryForm: false, types: TypeCatalog(),
        missingGrant: nil, storage: []),
      consistentPoint: .zero, byteCount: bytes,
      tuples: CopiedTuples(rows, CopyFormat(isBinary: false, columnCount: 1)))
  }

  @Test func `a batch is fetched only when the one before has been taken`() async throws {
    let handoff = Handoff<SnapshotBatch>()
    let put = Mutex(0)
    let worker = Task {
      for number in 1...5 {
        try await handoff.put(Self.batch(number))
        put.withLock { $0 = number }
      }
      handoff.finish()
    }
    #expect(!handoff.hasBegun)
    for number in 1...5 {
      #expect(put.withLock { $0 } < number)
      #expect(try await handoff.next()?.byteCount == number)
    }
    #expect(try await handoff.next() == nil)
    #expect(try await handoff.next() == nil)
    #expect(handoff.hasBegun)
    try await worker.value
  }

  @Test func `a task that is cancelled waits no more, and loses nothing`() async throws {
    let handoff = Handoff<SnapshotBatch>()
    let consumer = Task { try await handoff.next() }
    consumer.cancel()
    let result = await promptly("the end") { await consumer.result }
    #expect(throws: ReplicationError.cancelled) { try result.get() }
    let batch = try Self.batch(7)
    let worker = Task { try await handoff.put(batch) }
    worker.cancel()
    let ended = await promptly("the end") { await worker.result }
    #expect(throws: ReplicationError.cancelled) { try ended.get() }
    #expect(try await handoff.next()?.byteCount == 7)
    handoff.fail(.closed)
    await #expect(throws: ReplicationError.closed) { try await handoff.next() }
  }

  @Test func `commands come in their order, and the end before all of them`() async {
    let commands = RangeCommands()
    commands.send(.takeSnapshot)
    commands.send(.readChunk)
    guard case .takeSnapshot = await commands.next() else {
      Issue.record("another command came first")
      return
    }
    // It is busy with the first one.
    #expect(!commands.end())
    guard case .end = await commands.next(), case .end = await commands.next() else {
      Issue.record("a command came behind the end")
      return
    }
    let idle = RangeCommands()
    let waiting = Task { await idle.next() }
    while !idle.isWaiting { await Task.yield() }
    #expect(idle.end())
    guard case .end = await waiting.value else {
      Issue.record("the end did not come")
      return
    }
  }
}
