import Logging
import PGOutput
import PGWire
import ReplicationCore

/// Brings the items of a subscription into an SQLite file, each as one SQLite transaction: the
/// transactions of the stream, and between them the ranges of tables that are being read.
///
/// Rows and checkpoint are committed together. Whenever the process ends, even by a power cut, the file
/// knows what it holds: the next start continues exactly there. Nothing is applied twice, and nothing
/// is left out.
struct Mirror {
  private let subscription: Subscription
  private let file: MirrorFile
  private let logger: Logger

  init(_ subscription: Subscription, _ file: MirrorFile, _ logger: Logger) {
    self.subscription = subscription
    self.file = file
    self.logger = logger
  }

  /// Continues until the subscription is stopped, or can't continue.
  ///
  /// - Parameter tables: The oids of tables; if given, it ends once all of them are whole.
  func run(untilWhole tables: Set<UInt32>? = nil) async throws {
    var missing = tables
    for try await item in subscription.items {
      do {
        switch item {
        case .transaction(let transaction):
          try await apply(transaction)
          transaction.acknowledge()
        case .rangeBegins(let chunk):
          try await apply(chunk)
          chunk.acknowledge()
        case .tableIsWhole(let table):
          logger.info(
            "a table is whole",
            metadata: ["table": "\(table.namespace).\(table.name)", "from": "\(table.position)"])
          try await file.note(whole: [table.oid: table.position])
          missing?.remove(table.oid)
          if missing?.isEmpty == true { return }
        @unknown default: throw MirrorError.unknownItem
        }
      } catch ReplicationError.interrupted, ReplicationError.chunkInterrupted {
        // A connection broke in the middle. Nothing of the item is in the file, and all of it is
        // delivered again, from its beginning.
        continue
      }
    }
  }

  /// Stores a range of a table: in place of what the file has in it.
  private func apply(_ chunk: SnapshotChunk) async throws {
    try await file.transaction {
      try await apply(chunk.table.relation)
      try await file.delete(chunk)
      for try await batch in chunk.batches { try await file.insert(batch) }
      return try chunk.checkpoint()
    }
  }

  /// Large transactions are iterated while they arrive: only a batch of them is ever in memory.
  private func apply(_ transaction: ReplicationTransaction) async throws {
    // Others come from a slot that was made for prepared transactions.
    guard transaction.kind == .committed else { throw MirrorError.notCommitted(transaction.kind) }
    try await file.transaction {
      var batch = Batch()
      for try await change in transaction.changes {
        if case .relation(let shape) = change {
          try await file.apply(batch.removeAll())
          try await apply(shape.relation)
          continue
        }
        batch.append(change)
        if batch.isFull { try await file.apply(batch.removeAll()) }
      }
      try await file.apply(batch.removeAll())
      return try transaction.checkpoint()
    }
  }

  /// Gives a table its new shape, and the rows that are there what they have in added columns.
  private func apply(_ relation: Relation) async throws {
    let columns = try await file.addedColumns(of: relation)
    let added = columns.isEmpty ? [] : try await earlierValues(of: columns, in: relation)
    for added in added {
      guard case .unknown(let reason) = added.earlierValue else { continue }
      logger.warning(
        "a column was added; rows that were there have NULL in the mirror, which may be wrong",
        metadata: [
          "table": "\(relation.qualifiedName)", "column": "\(added.column.name)",
          "reason": "\(reason)",
        ])
    }
    try await file.shape(relation, added)
  }

  private func earlierValues(
    of columns: [Relation.Column], in relation: Relation
  ) async throws -> [AddedColumn] {
    try await askPatiently { () async throws(ReplicationError) in
      try await subscription.earlierValues(of: columns, in: relation)
    }
  }
}

/// Changes that go to SQLite in one go, which saves switching threads for each of them.
private struct Batch {
  private var changes: [TransactionChange] = []
  private var bytes = 0

  /// What a change keeps in memory counts against the stream's byte budget, so that a batch has to
  /// stay far below that.
  var isFull: Bool { changes.count >= 500 || bytes >= 256 << 10 }

  mutating func append(_ change: TransactionChange) {
    changes.append(change)
    bytes += change.row?.payload.count ?? 0
  }

  mutating func removeAll() -> [TransactionChange] {
    defer { self = Batch() }
    return changes
  }
}
