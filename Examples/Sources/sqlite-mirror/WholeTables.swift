import GRDB
import PGWire

/// Which tables are whole, and from which position on, for those who read the file.
///
/// The mirror itself goes by its checkpoint.
enum WholeTables {
  static let schema = """
    CREATE TABLE IF NOT EXISTS _mirror_whole (
      oid INTEGER PRIMARY KEY,
      position TEXT NOT NULL
    );

    """

  static func add(_ tables: [UInt32: LSN], _ db: Database) throws {
    for (oid, position) in tables {
      try db.execute(
        sql: "INSERT OR REPLACE INTO _mirror_whole VALUES (?, ?)", arguments: [oid, "\(position)"])
    }
  }

  /// The table is being read, for the first time or again.
  static func remove(_ oid: UInt32, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM _mirror_whole WHERE oid = ?", arguments: [oid])
  }
}
