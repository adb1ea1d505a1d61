import Logging
import PGOutput
import PGWire
import ReplicationCore

/// Brings every transaction of a subscription into an SQLite file, as one SQLite transaction.
///
/// The rows and the position behind them are committed together. Whenever the process ends, be it
/// by a power cut, the file holds a state that PostgreSQL was in, and knows which: the next start
/// goes on exactly there. Nothing is applied twice, and nothing is left out.
struct Mirror {
  private let subscription: Subscription
  private let file: MirrorFile
  private let logger: Logger

  init(_ subscription: Subscription, _ file: MirrorFile, _ logger: Logger) {
    self.subscription = subscription
    self.file = file
    self.logger = logger
  }

  /// Goes on until the subscription is stopped, or can't go on.
  func run() async throws {
    for try await transaction in subscription.transactions {
      // Others come from a slot that was made for prepared transactions.
      guard transaction.kind == .committed else { throw MirrorError.notCommitted(transaction.kind) }
      do {
        try await apply(transaction)
      } catch ReplicationError.interrupted {
        // The connection broke in the middle. Nothing of it is in the file, and all of it comes
        // again, from its beginning.
        continue
      }
      transaction.acknowledge()
    }
  }

  /// Large transactions are walked while they arrive: only a batch of them is ever in memory.
  private func apply(_ transaction: Transaction) async throws {
    try await file.begin()
    do {
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
      try await file.commit(transaction.checkpoint())
    } catch {
      try await file.rollBack()
      throw error
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

  /// Asks the server, again and again while it is only restarting.
  ///
  /// For two minutes: while it waits in here, nothing of the stream is taken, and so a server that
  /// shuts down waits for the stream, until that gives up (`shutdownPatience`, 10 seconds).
  private func earlierValues(
    of columns: [Relation.Column], in relation: Relation
  ) async throws -> [AddedColumn] {
    var attempts = 0
    while true {
      do throws(ReplicationError) {
        return try await subscription.earlierValues(of: columns, in: relation)
      } catch {
        attempts += 1
        guard error.category == .transient, attempts < 1200 else { throw error }
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}

/// Changes that go to SQLite in one go, which saves switching threads for each of them.
private struct Batch {
  private var changes: [Change] = []
  private var bytes = 0

  /// What a change keeps in memory counts against the stream's byte budget, so that a batch has to
  /// stay far below that.
  var isFull: Bool { changes.count >= 500 || bytes >= 256 << 10 }

  mutating func append(_ change: Change) {
    changes.append(change)
    bytes += change.row?.payload.count ?? 0
  }

  mutating func removeAll() -> [Change] {
    defer { self = Batch() }
    return changes
  }
}
