import PGOutput
import ReplicationCore

/// The target, as its driver shows it.
protocol TargetDatabase: Sendable {
  /// Runs a body in one transaction: all of it is committed, or nothing.
  func transaction<R: Sendable>(_ body: (any TargetSession) async throws -> R) async throws -> R
}

protocol TargetSession {
  func execute(_ sql: String, _ values: [any Sendable]) async throws
  func bytes(_ sql: String) async throws -> [UInt8]?
}

/// Keeps the checkpoint in a table of the target.
struct TargetCheckpoints: CheckpointStore {
  let database: any TargetDatabase

  static let table = """
    CREATE TABLE IF NOT EXISTS cdc_checkpoint (
      slot text PRIMARY KEY, checkpoint bytea NOT NULL)
    """

  func load() async throws -> Checkpoint? {
    try await database.transaction { session in try await Self.load(session) }
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try await database.transaction { session in
      // A transaction has most often written this position already, or a later one.
      if let saved = try await Self.load(session), saved.position >= checkpoint.position,
        saved.snapshot == checkpoint.snapshot
      {
        return
      }
      try await Self.write(checkpoint, session)
    }
  }

  static func write(_ checkpoint: Checkpoint, _ session: any TargetSession) async throws {
    try await session.execute(
      "INSERT INTO cdc_checkpoint VALUES ($1, $2) "
        + "ON CONFLICT (slot) DO UPDATE SET checkpoint = EXCLUDED.checkpoint",
      [checkpoint.slot, try checkpoint.encoded()])
  }

  private static func load(_ session: any TargetSession) async throws -> Checkpoint? {
    let bytes = try await session.bytes("SELECT checkpoint FROM cdc_checkpoint FOR UPDATE")
    return try bytes.map { try Checkpoint(encoded: $0) }
  }
}

func mirror(_ params: ReplicationParams, into database: any TargetDatabase) async throws {
  let subscription = try Subscription(
    params, checkpoints: TargetCheckpoints(database: database))
  try await subscription.run { transaction in
    try await database.transaction { session in
      for try await change in transaction.changes {
        guard let row = change.row else { continue }
        try await session.execute("…", [row.relation.name])
      }
      // The rows and the position behind them: both, or neither.
      try await TargetCheckpoints.write(transaction.checkpoint(), session)
    }
  }
}
