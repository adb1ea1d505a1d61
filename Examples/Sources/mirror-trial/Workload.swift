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
  private let isStopped = Atomic<Bool>(false)
  private let counts = Mutex(Counts())

  /// How far the mirror may lag behind, so that it sees the latest of what happens to it.
  private static let lag = 8 << 20

  init(options: ConnectionOptions, slot: String) {
    self.options = options
    self.slot = slot
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
  }

  private var goesOn: Bool { !isStopped.load(ordering: .acquiring) }

  var summary: String {
    let counts = counts.withLock { $0 }
    return "\(counts.committed) transactions committed, \(counts.rolledBack) rolled back, "
      + "\(counts.failed) failed"
  }

  /// Runs one transaction after the other, and connects again after a restart of the server.
  func run(_ next: () -> any RandomTransaction) async {
    while goesOn {
      do {
        let connection = try await WireConnection.connect(options)
        defer { connection.close() }
        _ = try await connection.query("SET lock_timeout = '1s'; SET deadlock_timeout = '100ms'")
        while goesOn {
          try await run(next(), connection)
          try await waitForMirror(connection)
        }
      } catch {
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  private func run(_ transaction: any RandomTransaction, _ connection: WireConnection) async throws
  {
    do {
      _ = try await connection.query("BEGIN")
      try await transaction.run(connection)
      let commits = Int.random(in: 0..<10) > 0
      _ = try await connection.query(commits ? "COMMIT" : "ROLLBACK")
      counts.withLock { if commits { $0.committed += 1 } else { $0.rolledBack += 1 } }
    } catch {
      // A deadlock, a lock that is unavailable, a column that is gone.
      counts.withLock { $0.failed += 1 }
      _ = try await connection.query("ROLLBACK")
    }
  }

  private func waitForMirror(_ connection: WireConnection) async throws {
    let sql = """
      SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS lag
      FROM pg_replication_slots WHERE slot_name = '\(slot)'
      """
    while goesOn {
      let lag = try await connection.query(sql).first?.first("lag").flatMap { Int($0) }
      if lag ?? 0 < Self.lag { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

/// What happens between BEGIN and its end.
protocol RandomTransaction {
  func run(_ connection: WireConnection) async throws
}
