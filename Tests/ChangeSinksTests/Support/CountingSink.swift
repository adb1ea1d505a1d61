import ChangeSinks
import PGWire
import ReplicationCore

/// A sink that counts what is put into its batches.
///
/// A batch takes until more has been put into the next one than that may have, or for a moment.
final class CountingSink: ChangeSink {
  final class Batch: SinkBatch {
    private let transactions = Lock(0)
    private let size: Int

    init(size: Int) { self.size = size }

    var count: Int { transactions.withLock { $0 } }
    /// Grows where a transaction ends.
    var byteCount: Int { count * size }
    var isEmpty: Bool { count == 0 }

    func removeAll() { transactions.withLock { $0 = 0 } }
    func add() { transactions.withLock { $0 += 1 } }
  }

  struct Encoder: SinkEncoder {
    let sink: CountingSink

    mutating func begin(_ transaction: ReplicationTransaction, to batch: Batch) async throws {}
    mutating func append(
      _ change: TransactionChange, of transaction: ReplicationTransaction, to batch: Batch
    ) async throws {}
    mutating func end(_ transaction: ReplicationTransaction, to batch: Batch) async throws {
      batch.add()
      sink.counts.withLock { $0.taken += 1 }
    }
    mutating func begin(_ chunk: SnapshotChunk, to batch: Batch) async throws {}
    mutating func append(_ rows: SnapshotBatch, to batch: Batch) async throws {}
    mutating func end(_ chunk: SnapshotChunk, to batch: Batch) async throws {}
    mutating func withdraw(_ chunk: SnapshotChunk, to batch: Batch) async throws {}
    mutating func append(_ table: WholeTable, to batch: Batch) async throws {}
  }

  struct Counts: Sendable {
    /// Transactions that were put into batches.
    var taken = 0
    /// Those that were written.
    var written = 0
    /// The most transactions of one batch.
    var largest = 0
    /// Batches that end in the middle of a transaction.
    var inside = 0
  }

  let counts = Lock(Counts())
  private let size: Int
  private let most: Int
  private let total: Int

  /// - Parameters:
  ///   - size: The bytes that each transaction counts as.
  ///   - most: How many transactions a batch may have.
  ///   - total: How many come.
  init(size: Int, most: Int, total: Int) {
    self.size = size
    self.most = most
    self.total = total
  }

  func open(slot: String) async throws -> SinkState { SinkState() }

  func makeEncoder(for subscription: Subscription, after state: SinkState) async throws -> Encoder {
    Encoder(sink: self)
  }

  func makeBatch() -> Batch { Batch(size: size) }

  func write(_ batch: Batch, _ progress: SinkProgress) async throws {
    let written = counts.withLock { counts in
      counts.largest = max(counts.largest, batch.count)
      counts.written += batch.count
      if progress.isInsideTransaction { counts.inside += 1 }
      return counts.written
    }
    for _ in 0..<50 where counts.withLock({ $0.taken }) < min(total, written + most + 1) {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  func save(_ checkpoint: Checkpoint) async throws {}
  func close() async {}
}
