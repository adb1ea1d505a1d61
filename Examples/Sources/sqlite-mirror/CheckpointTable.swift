import Foundation
import GRDB
import ReplicationCore

/// The checkpoint that the file's rows stand for, kept in a table of one row: a position, and how far
/// tables have been read that are read for the first time or again.
///
/// Each transaction writes it together with its rows. What is left to do for a store is to load it
/// at the start, and to save the positions to which the slot moves while nothing is delivered.
struct CheckpointTable: CheckpointStore {
  static let schema = """
    CREATE TABLE IF NOT EXISTS _mirror_checkpoint (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      position TEXT NOT NULL,
      checkpoint BLOB NOT NULL
    );

    """

  /// A connection of its own.
  ///
  /// On the mirror's, a position would become part of whichever transaction is open there, and
  /// vanish with it after it was reported as saved.
  private let queue: DatabaseQueue

  init(path: String) throws {
    queue = try MirrorFile.open(path: path)
  }

  func load() async throws -> Checkpoint? {
    try await queue.read { db in try Checkpoint.load(db) }
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try await queue.write { db in
      // Most often the transaction that it belongs to has brought it along, or a later one has.
      if let saved = try Checkpoint.load(db), saved.covers(checkpoint) { return }
      // At the same position it may lack a range that was committed a moment ago. If the program is
      // killed before the next checkpoint, the range is read again, which begins with its deletion.
      try checkpoint.save(db)
    }
  }
}

extension Checkpoint {
  /// Whether the position of one says something about that of the other.
  fileprivate func isOf(_ other: Checkpoint) -> Bool { timeline == other.timeline }

  fileprivate func hasSameState(as other: Checkpoint) -> Bool {
    position == other.position && snapshot == other.snapshot && incremental == other.incremental
  }

  static func load(_ db: Database) throws -> Checkpoint? {
    let data = try Data.fetchOne(db, sql: "SELECT checkpoint FROM _mirror_checkpoint")
    return try data.map { try Checkpoint(encoded: Array($0)) }
  }

  func save(_ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: "INSERT OR REPLACE INTO _mirror_checkpoint VALUES (1, ?, ?)")
    try statement.execute(arguments: ["\(position)", Data(encoded())])
  }
}
