import ArgumentParser
import Foundation
import GRDB
import ReplicationCore

struct Reading: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print how many tables the mirror has not read to their end, by its checkpoint.")

  @Option(help: "The mirror's SQLite file.")
  var database: String

  func run() throws {
    guard FileManager.default.fileExists(atPath: database) else { return print(0) }
    let checkpoint = try DatabaseQueue(path: database).read { db in
      guard try db.tableExists("_mirror_checkpoint") else { return nil as Data? }
      return try Data.fetchOne(db, sql: "SELECT checkpoint FROM _mirror_checkpoint")
    }
    let state = try checkpoint.map { try Checkpoint(encoded: Array($0)) }?.incremental
    print(state?.openTables.count ?? 0)
  }
}
