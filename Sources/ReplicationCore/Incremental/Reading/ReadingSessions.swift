internal import PGWire

/// The connections over which ranges are read: opened when they are needed, and kept for the next.
///
/// All of them go to the server that the client's stream has reached.
final class ReadingSessions: Sendable {
  private struct State {
    var idle: [SnapshotSession] = []
    var isClosed = false
    /// How often a session has been taken.
    var uses: UInt64 = 0
    /// Whether somebody waits for the time when they have not been used for long enough.
    var isWatched = false
  }

  private let client: Client
  /// The most that are kept while nobody uses them.
  private let limit: Int
  private let idleTimeout: Duration
  private let state = Lock(State())

  init(client: Client, limit: Int, idleTimeout: Duration) {
    self.client = client
    self.limit = limit
    self.idleTimeout = idleTimeout
  }

  /// A session that answers, with no transaction open.
  ///
  /// - Throws: ``ReplicationError/closed`` after ``close()``.
  func take() async throws(ReplicationError) -> SnapshotSession {
    while let session = try popIdle() {
      do throws(ReplicationError) {
        // The server, or what is in between, may have ended it since.
        try await session.execute("SELECT 1")
        return session
      } catch {
        session.connection.close()
        guard !error.isCancellation else { throw error }
      }
    }
    return try await open()
  }

  private func open() async throws(ReplicationError) -> SnapshotSession {
    let session = try await SnapshotSession.connect(
      client.server.withLock { $0 } ?? client.params.connection, limits: client.params.limits)
    do throws(ReplicationError) {
      // A transaction that locks before it asks anything can't verify settings first.
      try await session.execute("BEGIN READ ONLY")
      try await session.prepareTransaction()
      try await session.execute("COMMIT")
      guard !state.withLock(\.isClosed) else { throw .closed }
      return session
    } catch {
      session.connection.close()
      throw error
    }
  }

  /// Opens a session of its own whose transaction sees a snapshot that another has exported, in
  /// place of one that nobody uses.
  func open(snapshot: String) async throws(ReplicationError) -> SnapshotSession {
    try popIdle()?.connection.close()
    let session = try await SnapshotSession.open(
      client.server.withLock { $0 } ?? client.params.connection, snapshot: snapshot,
      limits: client.params.limits)
    do throws(ReplicationError) {
      try await session.beginLocks()
      return session
    } catch {
      session.connection.close()
      throw error
    }
  }

  private func popIdle() throws(ReplicationError) -> SnapshotSession? {
    try state.withLock { state throws(ReplicationError) in
      guard !state.isClosed else { throw .closed }
      state.uses &+= 1
      return state.idle.popLast()
    }
  }

  /// Takes a session back, whatever it was doing; one that can't go on is closed.
  ///
  /// - Parameter isClean: Whether no transaction is open.
  func giveBack(_ session: SnapshotSession, isClean: Bool) async {
    if !isClean {
      do throws(ReplicationError) {
        try await session.execute("ROLLBACK")
      } catch {
        session.connection.close()
        return
      }
    }
    let isKept = state.withLock { state in
      guard !state.isClosed, state.idle.count < limit else { return false }
      state.idle.append(session)
      return true
    }
    if isKept { watch() } else { session.connection.close() }
  }

  /// Closes the sessions once nobody has taken one for the whole of the timeout.
  private func watch() {
    let isFirst = state.withLock { state in
      defer { state.isWatched = true }
      return !state.isWatched
    }
    guard isFirst else { return }
    Task { [weak self, idleTimeout] in
      var seen: UInt64?
      while let uses = self?.closeIfUnused(since: seen) {
        seen = uses
        try? await Task.sleep(for: idleTimeout)
      }
    }
  }

  /// - Parameter uses: How often one had been taken a timeout ago.
  /// - Returns: How often by now; `nil` if all are closed.
  private func closeIfUnused(since uses: UInt64?) -> UInt64? {
    let (idle, now) = state.withLock { state -> ([SnapshotSession], UInt64?) in
      guard state.isClosed || state.uses == uses else { return ([], state.uses) }
      state.isWatched = false
      defer { state.idle = [] }
      return (state.idle, nil)
    }
    for session in idle { session.connection.close() }
    return now
  }

  /// Runs a short transaction in which each query sees what is there by then.
  ///
  /// - Parameter lockTimeout: How long a query may wait for a lock.
  func transaction<R: Sendable>(
    lockTimeout: Duration,
    _ body: (SnapshotSession) async throws(ReplicationError) -> R
  ) async throws(ReplicationError) -> R {
    let session = try await take()
    let result: R
    do throws(ReplicationError) {
      try await session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
      try await session.prepareTransaction()
      try await session.limitLockWaits(to: lockTimeout)
      result = try await body(session)
      try await session.execute("COMMIT")
    } catch {
      await giveBack(session, isClean: false)
      throw error
    }
    await giveBack(session, isClean: true)
    return result
  }

  /// Closes all that nobody uses; those that are in use are closed when they are given back.
  func close() {
    let idle = state.withLock { state in
      state.isClosed = true
      defer { state.idle = [] }
      return state.idle
    }
    for session in idle { session.connection.close() }
  }
}
