internal import PGWire

/// A session that reads rows, in a transaction with a snapshot.
///
/// It is an ordinary connection. The snapshot is one that another session has exported, or one that
/// the transaction takes itself.
struct SnapshotSession: Sendable {
  let connection: WireConnection

  /// Connects; nothing is asked yet.
  static func connect(
    _ options: ConnectionOptions, limits: ConnectionLimits
  ) async throws(ReplicationError) -> SnapshotSession {
    do throws(PGWireError) {
      return SnapshotSession(
        connection: try await WireConnection.connect(
          options, settings: SessionUse.snapshot.startupSettings, limits: limits.forSnapshots,
          checksSettings: false))
    } catch {
      throw ReplicationError(error)
    }
  }

  /// Connects, and takes the snapshot.
  static func open(
    _ options: ConnectionOptions, snapshot: String, limits: ConnectionLimits
  ) async throws(ReplicationError) -> SnapshotSession {
    let session = try await connect(options, limits: limits)
    do throws(ReplicationError) {
      try await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      // Only before any query can a transaction take over a snapshot.
      try await session.take(snapshot)
      try await session.prepareTransaction()
      return session
    } catch {
      session.connection.close()
      throw error
    }
  }

  /// Verifies the settings of the transaction, before any row is read in it.
  ///
  /// It is a query: a transaction that has no snapshot yet takes one here.
  func prepareTransaction() async throws(ReplicationError) {
    try await SessionSettings.verify(connection, for: .snapshot)
    try await restrictRelations()
  }

  var serverVersion: Int {
    connection.majorVersion
  }

  /// Keeps a view or a foreign table that takes a table's name from being read in its place.
  ///
  /// Setting: restrict_nonsystem_relation_kind, since 13.16, 14.13, 15.8, 16.4 and 17.
  private func restrictRelations() async throws(ReplicationError) {
    try await execute(Self.restriction)
  }

  static let restriction: SQL = """
    SELECT pg_catalog.set_config(s.name, 'view, foreign-table', true)
    FROM pg_catalog.pg_settings AS s
    WHERE s.name OPERATOR(pg_catalog.=) 'restrict_nonsystem_relation_kind'
    """

  private func take(_ snapshot: String) async throws(ReplicationError) {
    do throws(ReplicationError) {
      try await execute("SET TRANSACTION SNAPSHOT \(try Literal(snapshot))")
    } catch {
      throw error.explained(atStart: true)
    }
  }

  /// Runs statements that return nothing of interest.
  func execute(_ command: SQL) async throws(ReplicationError) {
    do throws(PGWireError) {
      _ = try await connection.query(command.text)
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  /// The rows that a query returns.
  func rows(_ command: SQL) async throws(ReplicationError) -> [ResultRow] {
    do throws(ReplicationError) {
      return try await connection.rows(command)
    } catch {
      throw error.explained()
    }
  }
}

extension ConnectionLimits {
  /// With more patience, for rows and locks.
  fileprivate var forSnapshots: ConnectionLimits {
    var limits = self
    limits.answerTimeout = answerTimeout.map { max($0, snapshotAnswerTimeout) }
    return limits
  }
}

extension ReplicationError {
  /// What it means for a snapshot, where that is more than the server says.
  func explained(atStart: Bool = false) -> ReplicationError {
    guard case .connection(.server(let error)) = self,
      let refusal = SnapshotRefusal(error, atStart: atStart)
    else { return self }
    return .snapshotRefused(refusal)
  }
}
