internal import PGWire

/// What is asked beside the reading of ranges, over a connection that no worker uses.
extension RangeReaders {
  func askForFlush() { observe() }

  /// Asks for a snapshot and the position of the log by themselves.
  ///
  /// One question is under way at a time; who asks meanwhile gets the answer of the next one.
  func observe() {
    let isFirst = state.withLock { state in
      guard !state.isClosed else { return false }
      defer { state.observation = state.observation == .none ? .running : .runningWithNext }
      return state.observation == .none
    }
    guard isFirst else { return }
    Task { await observeUntilDone() }
  }

  private func observeUntilDone() async {
    while true {
      let answer: ReadingReport
      do throws(ReplicationError) {
        let (point, flushed) = try await takePoint()
        answer = .observed(point.snapshot, flushed: flushed)
      } catch {
        answer = .observationFailed(error)
      }
      let (isDone, wake) = state.withLock { state in
        if !state.isClosed { state.reports.append(answer) }
        let isDone = state.observation != .runningWithNext || state.isClosed
        state.observation = isDone ? .none : .running
        return (isDone, state.wake)
      }
      wake?()
      if isDone { return }
    }
  }

  private func takePoint() async throws(ReplicationError) -> (point: ReadPoint, flushed: LSN) {
    let session = try await context.sessions.take()
    do throws(ReplicationError) {
      let answer = try await session.takePoint()
      await context.sessions.giveBack(session, isClean: true)
      return answer
    } catch {
      await context.sessions.giveBack(session, isClean: false)
      throw error
    }
  }

  func tables(
    refusing isWanted: @Sendable (SnapshotTable) -> Bool
  ) async throws(ReplicationError) -> (tables: [IncrementalTable], at: ReadPoint) {
    let publications = context.publications
    // First of all, so that a standby is refused as one.
    _ = try await takePoint()
    let (entries, serverVersion) = try await context.sessions.transaction(
      lockTimeout: context.options.longestWait
    ) { session throws(ReplicationError) in
      try await client.requirePublications(over: session.connection)
      let catalog = IncrementalCatalog(session: session, publications: publications)
      return (try await catalog.entries(refusing: isWanted), session.serverVersion)
    }
    let tables = try await client.describingTypes(
      of: entries.map(\.table), serverVersion: serverVersion)
    let point = try await takePoint().point
    return (
      zip(tables, entries).map { table, entry in
        IncrementalTable(
          table: table,
          shape: KeyShape(of: table, keyRows: entry.keyRows, columns: entry.columns),
          fingerprint: entry.fingerprint, memberships: entry.memberships)
      }, point
    )
  }

  func memberships(
    of tables: [UInt32]
  ) async throws(ReplicationError) -> (found: [UInt32: [UInt32]], upTo: LSN) {
    let publications = context.publications
    let (rows, position) = try await context.sessions.transaction(
      lockTimeout: context.options.lockTimeout
    ) { session throws(ReplicationError) in
      // First the position: each query sees what is there by then.
      let position = try await session.takePoint().point.horizon
      let rows = try await session.rows(
        try SQL.memberships(
          of: tables, in: publications, serverVersion: session.serverVersion))
      return (rows, position)
    }
    var found: [UInt32: [UInt32]] = [:]
    for row in rows { found[row.oid("relid") ?? 0] = row.memberships }
    return (found, position)
  }

  func places(
    of keys: [Key], by shape: KeyShape, _ bounds: [KeyBound]
  ) async throws(ReplicationError) -> [Int] {
    let question = try shape.placesQuestion(keys: keys, bounds: bounds)
    let rows = try await context.sessions.transaction(lockTimeout: context.options.lockTimeout) {
      session throws(ReplicationError) in try await session.rows(question)
    }
    let places = rows.compactMap { row in row["place"].flatMap { Int($0) } }
    guard places.count == keys.count, places.allSatisfy({ (0...bounds.count).contains($0) }) else {
      throw .control(.unexpectedResult("the places of keys"))
    }
    return places
  }
}
