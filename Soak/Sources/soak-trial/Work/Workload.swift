import Foundation
import PGWire
import Synchronization

/// Transactions over many connections at once, each of which may fail, wait or be cut off.
final class Workload: Sendable {
  private let options: ConnectionOptions
  private let seed: UInt64
  private let isStopped = Atomic<Bool>(false)

  /// How far a slot may lag behind, so that consumers see the latest of what happens to them.
  private static let lag = 16 << 20

  init(_ options: ConnectionOptions, seed: UInt64) {
    self.options = options
    self.seed = seed
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
  }

  private var goesOn: Bool { !isStopped.load(ordering: .acquiring) }

  /// Runs one transaction after the other, and connects again after a restart of the server.
  ///
  /// - Returns: What was done, for people.
  func run(_ kind: WriterKind, number: Int) async -> String {
    var writer = SoakWriter(kind, seed: seed, number: number)
    var isClean = false
    // Not before no prepared transaction of its own is left, for which others might wait.
    while goesOn || !isClean {
      isClean = false
      do {
        let connection = try await WireConnection.connect(options)
        defer { connection.close() }
        try await writer.begin(connection)
        while goesOn {
          try await writer.run(connection)
          try await waitForConsumers(connection)
        }
        try await writer.endPrepared(connection)
        isClean = true
      } catch {
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    let counts = writer.counts
    return "connection \(number) (\(kind.rawValue)): \(counts.committed) committed, "
      + "\(counts.rolledBack) rolled back, \(counts.prepared) prepared, \(counts.failed) failed"
  }

  private func waitForConsumers(_ connection: WireConnection) async throws {
    let sql = """
      SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn))::bigint
      FROM pg_replication_slots WHERE slot_type = 'logical' AND starts_with(slot_name, 'soak_')
      """
    while goesOn {
      let lag = try await connection.column(sql).first.flatMap { Int($0) }
      if lag ?? 0 < Self.lag { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
