import Foundation
import GRDB
import PGOutput
import PGWire
import ReplicationCore

/// The SQLite file, and the one transaction that is open in it at a time.
///
/// SQLite blocks its thread; GRDB's queue is a thread to block.
struct MirrorFile: Sendable {
  private let queue: DatabaseQueue

  /// Opens the file, or makes it.
  init(path: String) throws {
    queue = try Self.open(path: path)
    try queue.write { db in
      try db.execute(sql: CheckpointTable.schema + MirroredTable.schema + WholeTables.schema)
      try WholeTables.add(try Checkpoint.load(db)?.incremental?.wholeTables ?? [:], db)
    }
  }

  /// Runs a closure between BEGIN and COMMIT.
  ///
  /// - Parameter body: Writes rows, and returns the checkpoint behind them: both are committed, or neither.
  func transaction(_ body: () async throws -> Checkpoint) async throws {
    try await queue.writeWithoutTransaction { db in try db.beginTransaction(.immediate) }
    do {
      let checkpoint = try await body()
      try await queue.writeWithoutTransaction { db in
        try checkpoint.save(db)
        try db.commit()
      }
    } catch {
      try await rollBack()
      throw error
    }
  }

  func apply(_ changes: [TransactionChange]) async throws {
    try await queue.writeWithoutTransaction { db in
      for change in changes { try db.apply(change) }
    }
  }

  /// The columns that a table has and the file does not know yet.
  func addedColumns(of relation: Relation) async throws -> [Relation.Column] {
    try await queue.writeWithoutTransaction { db in try db.addedColumns(of: relation) }
  }

  /// Gives a table its new shape.
  ///
  /// - Parameter added: What rows have in columns that are new.
  func shape(_ relation: Relation, _ added: [AddedColumn]) async throws {
    try await queue.writeWithoutTransaction { db in
      try db.shape(relation)
      for added in added { try db.fill(added, of: relation) }
    }
  }

  /// Deletes what the file has in a chunk's range.
  func delete(_ chunk: SnapshotChunk) async throws {
    let table = chunk.table.relation
    let isDone = try await queue.writeWithoutTransaction { db in
      try WholeTables.remove(table.oid, db)
      return try db.delete(chunk.range, of: table)
    }
    guard !isDone else { return }
    // SQLite does not compare these keys as PostgreSQL does: each is looked at.
    var last: Int64 = 0
    while true {
      let page = try await queue.writeWithoutTransaction { [last] db in
        try db.keys(chunk.range.columns, of: table, after: last)
      }
      guard let end = page.last else { return }
      last = end.row
      let areInside = try await chunk.contains(page.map(\.key))
      let inside = zip(page, areInside).filter(\.1).map(\.0.row)
      try await queue.writeWithoutTransaction { db in try db.delete(inside, of: table) }
    }
  }

  /// The oids of the tables that have been read to their end.
  func wholeTables() async throws -> Set<UInt32> {
    let checkpoint = try await queue.read { db in try Checkpoint.load(db) }
    return Set(checkpoint?.incremental?.wholeTables.keys.map { $0 } ?? [])
  }

  func insert(_ batch: SnapshotBatch) async throws {
    try await queue.writeWithoutTransaction { db in try db.insert(batch) }
  }

  /// Notes from which position on tables are whole, for those who read the file.
  func note(whole tables: [UInt32: LSN]) async throws {
    try await queue.write { db in try WholeTables.add(tables, db) }
  }

  private func rollBack() async throws {
    try await queue.writeWithoutTransaction { db in
      // An error of SQLite's, such as a full disk, may have rolled back already.
      if db.isInsideTransaction { try db.rollback() }
    }
  }

  /// A connection to the file.
  static func open(path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    // A transaction stays open from one batch of changes to the next.
    configuration.allowsUnsafeTransactions = true
    // Two connections write, the mirror's and the checkpoints': each waits for the other.
    configuration.busyMode = .callback { _ in
      usleep(5000)
      return true
    }
    configuration.prepareDatabase { db in
      // The log lets others read while we write. A commit is on the disk when it returns, since
      // PostgreSQL is told then that it need not keep the transaction any longer.
      try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }
}
