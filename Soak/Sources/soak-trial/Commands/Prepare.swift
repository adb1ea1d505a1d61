import ArgumentParser
import PGWire

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the tables, their rows, the publications and the slots.")

  @OptionGroup var server: Server

  @Flag(help: "Make slots that a standby keeps copies of (since server 17), without two-phase.")
  var failover = false

  func run() async throws {
    let connection = try await server.connect()
    defer { connection.close() }
    let version = try await connection.majorVersion()
    guard !failover || version >= 17 else {
      throw ValidationError("slots for failover exist since server 17, and this is \(version)")
    }
    _ = try await connection.query(SoakTables.schema)
    _ = try await connection.query(SoakTables.publications)
    for mode in ConsumerMode.allCases {
      try await makeSlot(
        mode.slot, isTwoPhase: mode.usesTwoPhase(version, failover: failover), version, connection)
    }
    try await makeSlot("soak_mirror", isTwoPhase: false, version, connection)
    _ = try await connection.query(SoakTables.rows)
  }

  private func makeSlot(
    _ name: String, isTwoPhase: Bool, _ version: Int, _ connection: WireConnection
  ) async throws {
    var arguments = "'\(name)', 'pgoutput'"
    if version >= 14 { arguments += ", false, \(isTwoPhase)" }
    if failover { arguments += ", true" }
    _ = try await connection.query("SELECT pg_create_logical_replication_slot(\(arguments))")
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
    for line in try await connection.column(sql) { print(line) }
  }
}
