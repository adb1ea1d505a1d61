import Foundation
import GRDB
import PGOutput
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
      try db.execute(sql: CheckpointTable.schema + MirroredTable.schema)
    }
  }

  func begin() async throws {
    try await queue.writeWithoutTransaction { db in try db.beginTransaction(.immediate) }
  }

  func apply(_ changes: [Change]) async throws {
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

  /// Commits the rows and the position behind them: both, or neither.
  func commit(_ checkpoint: Checkpoint) async throws {
    try await queue.writeWithoutTransaction { db in
      try checkpoint.save(db)
      try db.commit()
    }
  }

  func rollBack() async throws {
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
