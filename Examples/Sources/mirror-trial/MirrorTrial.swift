import ArgumentParser
import Dispatch
import Foundation
import PGWire
import Synchronization

/// What puts the mirror to the test: tables, a workload, and a comparison row by row.
@main struct MirrorTrial: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror-trial",
    abstract: "Put sqlite-mirror to the test, on a server where you may play.",
    subcommands: [Prepare.self, Work.self, Query.self, Compare.self, Reading.self])
}

struct Server: ParsableArguments {
  @Option(help: "The server, as a URI or key=value string.")
  var url: String

  func connect() async throws -> WireConnection {
    try await WireConnection.connect(try ConnectionOptions(url))
  }
}

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Make the tables and the publication.")

  @OptionGroup var server: Server

  func run() async throws {
    let connection = try await server.connect()
    defer { connection.close() }
    _ = try await connection.query(Tables.schema)
    for table in AddedTable.all { _ = try await connection.query(table.creation) }
  }
}

struct Work: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the tables over several connections, until SIGTERM.")

  @OptionGroup var server: Server

  @Option(help: "Connections that change rows; one more alters tables, and another one adds some.")
  var workers = 4

  @Option(help: "The slot that must not fall behind by more than some megabytes.")
  var slot = "sqlite_mirror"

  func run() async throws {
    let workload = Workload(options: try ConnectionOptions(server.url), slot: slot)
    signal(SIGTERM, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    source.setEventHandler { workload.stop() }
    source.activate()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<workers { group.addTask { await workload.run { RowTransaction.random() } } }
      group.addTask { await workload.run { TableTransaction() } }
      group.addTask { await workload.run { AddingTransaction() } }
    }
    withExtendedLifetime(source) {}
    print(workload.summary)
  }
}

struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Run SQL, and print the first column of what it returns.")

  @OptionGroup var server: Server

  @Argument var sql: String

  func run() async throws {
    let connection = try await server.connect()
    defer { connection.close() }
    for result in try await connection.query(sql) {
      for row in result.rows { print((row.first ?? nil) ?? "NULL") }
    }
  }
}
