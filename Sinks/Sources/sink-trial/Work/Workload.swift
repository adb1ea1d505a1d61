import Foundation
import PGWire
import Synchronization

/// Transactions over many connections at once, each of which may fail, wait or be cut off.
final class Workload: Sendable {
  private struct Counts {
    var committed = 0
    var rolledBack = 0
    var failed = 0
  }

  private let options: ConnectionOptions
  private let slot: String
  private let end: ContinuousClock.Instant?
  private let isStopped = Atomic<Bool>(false)
  private let counts = Mutex(Counts())

  /// How far the sink may lag behind, so that it sees the latest of what happens to it.
  private static let lag = 32 << 20

  init(_ options: ConnectionOptions, slot: String, seconds: Int?) {
    self.options = options
    self.slot = slot
    end = seconds.map { .now + .seconds($0) }
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
  }

  private var goesOn: Bool {
    !isStopped.load(ordering: .acquiring) && (end.map { .now < $0 } ?? true)
  }

  var summary: String {
    let counts = counts.withLock { $0 }
    return "\(counts.committed) transactions committed, \(counts.rolledBack) rolled back, "
      + "\(counts.failed) failed"
  }

  /// Runs one transaction after the other, and connects again after a restart of the server.
  func run() async {
    var writer: Writer?
    while goesOn {
      do {
        let connection = try await WireConnection.connect(options)
        defer { connection.close() }
        _ = try await connection.query("SET lock_timeout = '1s'; SET deadlock_timeout = '100ms'")
        let current: Writer
        if let writer { current = writer } else { current = try await Self.writer(connection) }
        writer = current
        while goesOn {
          try await run(RandomTransaction(.random(), current), connection)
          try await waitForSink(connection)
        }
      } catch {
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  private static func writer(_ connection: WireConnection) async throws -> Writer {
    let number = try await connection.column("SELECT nextval('trial_writers')").first
    guard let number = number.flatMap({ Int($0) }) else { throw TrialError("no number") }
    return Writer(number: number)
  }

  private func run(
    _ transaction: RandomTransaction, _ connection: WireConnection
  ) async throws {
    var transaction = transaction
    do {
      _ = try await connection.query("BEGIN")
      try await transaction.run(connection)
      let commits = Int.random(in: 0..<10) > 0
      _ = try await connection.query(commits ? "COMMIT" : "ROLLBACK")
      counts.withLock { if commits { $0.committed += 1 } else { $0.rolledBack += 1 } }
    } catch {
      // A deadlock, a lock that is unavailable, a key that is there already.
      counts.withLock { $0.failed += 1 }
      _ = try await connection.query("ROLLBACK")
    }
  }

  private func waitForSink(_ connection: WireConnection) async throws {
    let sql = """
      SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint
      FROM pg_replication_slots WHERE slot_name = '\(slot)'
      """
    while goesOn {
      let lag = try await connection.column(sql).first.flatMap { Int($0) }
      if lag ?? 0 < Self.lag { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
