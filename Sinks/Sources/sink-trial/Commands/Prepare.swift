import ArgumentParser
import PGWire

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the tables, their rows, and the publication.")

  @OptionGroup var source: SourceArguments

  @Flag(help: "Make the tables alone, in a database that rows are to be put into.")
  var empty = false

  func run() async throws {
    let connection = try await source.connect()
    defer { connection.close() }
    _ = try await connection.query(TrialTables.schema)
    if empty { return }
    _ = try await connection.query(TrialTables.rows)
    _ = try await connection.query(TrialTables.published)
  }
}

struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Run SQL, and print the first column of what it returns.")

  @OptionGroup var source: SourceArguments

  @Argument var sql: String

  func run() async throws {
    let connection = try await source.connect()
    defer { connection.close() }
    for line in try await connection.column(sql) { print(line) }
  }
}
