import PGWire

/// Who does what on one connection.
enum WriterKind: String {
  /// Changes rows, with savepoints and prepared transactions.
  case rows
  /// Alters tables.
  case shapes
  /// Creates tables, drops them, and alters publications.
  case publications
}

/// One connection's writer.
///
/// It outlives its connection, so that its random numbers continue after a restart of the server.
struct SoakWriter {
  let kind: WriterKind
  /// The beginning of the ids of its prepared transactions.
  let gid: String
  private(set) var counts = Counts()
  private var random: SoakRandom
  private var preparedCount = 0

  struct Counts {
    var committed = 0
    var rolledBack = 0
    var prepared = 0
    var failed = 0
  }

  init(_ kind: WriterKind, seed: UInt64, number: Int) {
    self.kind = kind
    gid = "soak-\(seed)-\(number)-"
    random = SoakRandom(seed: seed, stream: number)
  }

  /// Prepares a connection, and ends what an earlier one has left prepared.
  mutating func begin(_ connection: WireConnection) async throws {
    _ = try await connection.query("SET lock_timeout = '1s'; SET deadlock_timeout = '100ms'")
    // The server's random() follows the seed too.
    _ = try await connection.query("SELECT setseed(\(Double.random(in: 0..<1, using: &random)))")
    try await endPrepared(connection)
  }

  /// Decides about all transactions that are still prepared.
  mutating func endPrepared(_ connection: WireConnection) async throws {
    let left = try await connection.column(
      "SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, \(gid.literal))")
    for gid in left { try await decide(gid, connection) }
  }

  private mutating func decide(_ gid: String, _ connection: WireConnection) async throws {
    let commits = !random.isOnce(in: 4)
    _ = try await connection.query(
      "\(commits ? "COMMIT" : "ROLLBACK") PREPARED \(gid.literal)")
    if commits { counts.committed += 1 } else { counts.rolledBack += 1 }
  }

  /// Runs one transaction to its end, whatever that is.
  mutating func run(_ connection: WireConnection) async throws {
    let isPrepared = kind == .rows && random.isOnce(in: 12)
    do {
      _ = try await connection.query("BEGIN")
      switch kind {
      case .rows: try await changeRows(connection, isPrepared: isPrepared)
      case .shapes: try await ShapeChange().run(connection, &random)
      case .publications: try await PublicationChange().run(connection, &random)
      }
      if isPrepared {
        try await prepare(connection)
      } else {
        let commits = !random.isOnce(in: 10)
        _ = try await connection.query(commits ? "COMMIT" : "ROLLBACK")
        if commits { counts.committed += 1 } else { counts.rolledBack += 1 }
      }
    } catch {
      // A deadlock, a lock that is unavailable, a table that is gone.
      counts.failed += 1
      _ = try await connection.query("ROLLBACK")
    }
    if isPrepared { try await endPrepared(connection) }
  }

  /// Also lets some time pass, so that others commit before it is decided about.
  private mutating func prepare(_ connection: WireConnection) async throws {
    preparedCount += 1
    let name = "\(gid)\(random.number(0..<1_000_000))-\(preparedCount)"
    _ = try await connection.query("PREPARE TRANSACTION \(name.literal)")
    counts.prepared += 1
    try await Task.sleep(for: .milliseconds(random.number(0..<200)))
  }

  private mutating func changeRows(_ connection: WireConnection, isPrepared: Bool) async throws {
    // So large that the server spills it, or sends it while it is in progress.
    let isLarge = random.isOnce(in: 12)
    var depth = 0
    for _ in 0..<random.number(1..<(isLarge ? 12 : 6)) {
      switch random.number(0..<10) {
      case 0, 1:
        depth += 1
        _ = try await connection.query("SAVEPOINT s\(depth)")
      case 2 where depth > 0:
        depth = random.number(1..<depth + 1)
        _ = try await connection.query("ROLLBACK TO s\(depth)")
      case 3 where depth > 0:
        _ = try await connection.query("RELEASE s\(depth)")
        depth -= 1
      case 4:
        guard let table = try await PublicationChange.table(connection, &random) else { continue }
        _ = try await connection.query(PublicationChange.change(table, &random))
      default:
        let rows = isLarge ? random.number(100..<1500) : random.number(1..<20)
        let statement = RowStatement(rows: rows, mayTruncate: !isPrepared)
        _ = try await connection.query(statement.sql(&random))
      }
    }
  }
}
