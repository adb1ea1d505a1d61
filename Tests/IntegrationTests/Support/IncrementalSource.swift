import Foundation
import PGWire
import TestSupport

/// Tables that an incremental snapshot reads, and those who write into them meanwhile.
///
/// Table `t` has a key of one number, `pairs` one of a number and a text.
struct IncrementalSource: Sendable {
  let site: Site
  static let rows = 5_000
  /// As ``IncrementalReplica`` wants them.
  static let keys = ["t": ["id"], "pairs": ["a", "b"]]

  /// Makes and fills the tables, and their publication.
  static func prepare(_ site: Site) async throws -> IncrementalSource {
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, n int, v text);
      CREATE TABLE pairs (a int, b text COLLATE "C", n int, v text, PRIMARY KEY (a, b));
      INSERT INTO t SELECT i, 0, repeat('x', 200) FROM generate_series(1, \(rows)) i;
      INSERT INTO pairs SELECT i / 100, 'k' || i % 100, 0, repeat('y', 200)
        FROM generate_series(1, \(rows)) i;
      ANALYZE t, pairs
      """)
    try await site.publish("TABLE t, pairs")
    return IncrementalSource(site: site)
  }

  /// The arguments of the stream, for ranges that are small.
  func arguments(_ checkpoint: String) -> [String] {
    ["stream"] + site.arguments + [
      "--checkpoint", checkpoint, "--snapshot", "incremental", "--snapshot-chunk-size", "64KiB",
    ]
  }

  /// Writes until the task is cancelled.
  ///
  /// - Returns: How many transactions there were.
  func write(seed: UInt64) async throws -> Int {
    let sql = try await WireConnection.connect(site.options)
    defer { sql.close() }
    try await sql.run("SET search_path = \(site.name)")
    var random = RepeatableGenerator(seed: seed)
    var count = 0
    while !Task.isCancelled {
      let statements = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Self.statement(&random)
      }
      let end = Int.random(in: 0..<10, using: &random) == 0 ? "ROLLBACK" : "COMMIT"
      do {
        try await sql.run((["BEGIN"] + statements + [end]).joined(separator: ";\n"))
        count += 1
      } catch {
        // A query that is cancelled leaves a connection that is of no use.
        if Task.isCancelled { break }
        // Two writers can wait for each other, or make the same key.
        try await sql.run("ROLLBACK")
      }
      // The stream is to get on as well, on any machine.
      try? await Task.sleep(for: .milliseconds(2))
    }
    return count
  }

  private static func statement(_ random: inout RepeatableGenerator) -> String {
    let id = Int.random(in: 1...(rows + rows / 4), using: &random)
    let (a, b) = (id / 100, "'k\(id % 100)'")
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3:
      return "INSERT INTO t VALUES (\(id), 1, 'new') ON CONFLICT (id) DO UPDATE SET n = t.n + 1"
    case 3..<4: return "DELETE FROM t WHERE id = \(id)"
    case 4..<5:
      // A key moves from one range to another.
      return """
        UPDATE t SET id = id + 3000, n = n + 1 WHERE id = \(id)
          AND NOT EXISTS (SELECT 1 FROM t o WHERE o.id = \(id) + 3000)
        """
    case 5..<8:
      return """
        INSERT INTO pairs VALUES (\(a), \(b), 1, 'new')
          ON CONFLICT (a, b) DO UPDATE SET n = pairs.n + 1
        """
    case 8..<9: return "DELETE FROM pairs WHERE a = \(a) AND b = \(b)"
    default:
      return """
        UPDATE pairs SET b = b || 'z', n = n + 1 WHERE a = \(a) AND b = \(b)
          AND NOT EXISTS (SELECT 1 FROM pairs o WHERE o.a = \(a) AND o.b = \(b) || 'z')
        """
    }
  }
}
