import ArgumentParser
import Foundation
import PGWire

struct Drain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a marker, and wait until the sink has acknowledged everything up to it.")

  @OptionGroup var source: SourceArguments

  @Option(help: "The slot that the sink reads.")
  var slot = TrialTables.slot

  @Option(help: "The most seconds to wait.")
  var timeout = 300

  @Flag(help: "Write no marker: wait for what is committed by now.")
  var withoutMarker = false

  func run() async throws {
    let connection = try await source.connect()
    defer { connection.close() }
    if !withoutMarker { try await Self.mark(connection) }
    try await Self.wait(connection, slot: slot, timeout: .seconds(timeout))
  }

  /// Commits something that has to come last.
  static func mark(_ connection: WireConnection) async throws {
    let id = UUID().uuidString
    _ = try await connection.query("INSERT INTO marker (id) VALUES ('\(id)')")
  }

  /// - Throws: ``TrialError`` if the sink does not get there in time.
  static func wait(_ connection: WireConnection, slot: String, timeout: Duration) async throws {
    guard let target = try await connection.column("SELECT pg_current_wal_insert_lsn()").first
    else { throw TrialError("the server has no position") }
    let sql = """
      SELECT confirmed_flush_lsn >= '\(target)'::pg_lsn, confirmed_flush_lsn
      FROM pg_replication_slots WHERE slot_name = '\(slot)'
      """
    let end = ContinuousClock.now + timeout
    while true {
      let row = try await connection.query(sql).first?.rows.first
      if row?.first == "t" { return }
      guard ContinuousClock.now < end else {
        let found = row.flatMap { $0.last ?? nil } ?? "missing"
        throw TrialError("slot \(slot) is \(found) and not at \(target) after \(timeout)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
