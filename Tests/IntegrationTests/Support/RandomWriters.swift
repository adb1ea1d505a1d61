import PGWire
import Synchronization
import TestSupport

/// Sessions that write to the tables of a test as they like, until they are told to stop.
final class RandomWriters: Sendable {
  private let isStopped = Atomic<Bool>(false)
  private let count = Atomic<Int>(0)

  /// Transactions that were ended, whichever way.
  var transactions: Int { count.load(ordering: .relaxed) }

  var isRunning: Bool { !isStopped.load(ordering: .acquiring) }

  func stop() {
    isStopped.store(true, ordering: .releasing)
  }

  /// One session; several may run at once.
  ///
  /// - Parameter truncates: Whether it empties tables now and then.
  func run(_ site: Site, seed: UInt64, truncates: Bool) async throws {
    var random = RepeatableGenerator(seed: seed)
    let sql = try await WireConnection.connect(site.options)
    defer { sql.close() }
    try await sql.run("SET search_path = \(site.name); SET deadlock_timeout = '10ms'")
    while !isStopped.load(ordering: .acquiring) {
      do {
        try await transaction(sql, &random, truncates: truncates)
      } catch let error as PGWireError where error.serverError != nil {
        // Deadlocks, and keys that another session has inserted.
        try await sql.run("ROLLBACK")
      }
      count.add(1, ordering: .relaxed)
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...3, using: &random)))
    }
  }

  private func transaction(
    _ sql: WireConnection, _ random: inout RepeatableGenerator, truncates: Bool
  ) async throws {
    try await sql.run("BEGIN")
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        try await sql.run("SAVEPOINT s")
        try await sql.run(statement(&random))
        try await sql.run(Bool.random(using: &random) ? "ROLLBACK TO s" : "RELEASE s")
      case 1 where truncates && Int.random(in: 0..<250, using: &random) == 0:
        try await sql.run(Bool.random(using: &random) ? "TRUNCATE t" : "TRUNCATE c, n")
      default: try await sql.run(statement(&random))
      }
    }
    try await sql.run(Int.random(in: 0..<8, using: &random) == 0 ? "ROLLBACK" : "COMMIT")
  }

  private func statement(_ random: inout RepeatableGenerator) -> String {
    let id = Int.random(in: 1...1500, using: &random)
    let other = Int.random(in: 1...1500, using: &random)
    let value = Int.random(in: 0..<1_000_000, using: &random)
    let big = "(SELECT string_agg(md5(g::text || \(value)), '') FROM generate_series(1, 90) g)"
    switch Int.random(in: 0..<13, using: &random) {
    case 0: return "INSERT INTO t VALUES (\(id), \(value), \(big)) ON CONFLICT DO NOTHING"
    case 1: return "UPDATE t SET v = \(value) WHERE id = \(id)"
    case 2: return "UPDATE t SET v = \(value) WHERE id BETWEEN \(id) AND \(id + 20)"
    case 3: return "UPDATE t SET big = \(big) WHERE id = \(id)"
    case 4: return "DELETE FROM t WHERE id = \(id)"
    case 5:
      return """
        UPDATE t SET id = \(other), v = \(value) WHERE id = \(id)
        AND NOT EXISTS (SELECT FROM t WHERE id = \(other))
        """
    case 6:
      return
        "INSERT INTO c VALUES ('w' || \(id % 90), \(other % 20), \(value)) ON CONFLICT DO NOTHING"
    case 7: return "UPDATE c SET v = \(value) WHERE a = 'w' || \(id % 90)"
    case 8: return "DELETE FROM c WHERE a = 'w' || \(id % 90) AND b = \(other % 20)"
    case 9:
      return """
        UPDATE c SET a = 'w' || \(other % 90) WHERE a = 'w' || \(id % 90) AND b = \(other % 20)
        AND NOT EXISTS (SELECT FROM c WHERE a = 'w' || \(other % 90) AND b = \(other % 20))
        """
    // More than logical_decoding_work_mem, where that is small.
    case 10: return "UPDATE t SET big = \(big) WHERE id BETWEEN \(id) AND \(id + 30)"
    case 11: return "INSERT INTO n VALUES (\(value % 50))"
    default:
      return "DELETE FROM n WHERE ctid = (SELECT ctid FROM n ORDER BY v OFFSET \(id % 40) LIMIT 1)"
    }
  }
}
