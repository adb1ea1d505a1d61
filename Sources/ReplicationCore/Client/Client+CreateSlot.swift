internal import Logging
internal import PGWire

extension Client {
  /// Creates the slot by a replication command, over a connection of its own.
  func createOverReplication(
    _ options: SlotOptions, _ snapshot: SlotSnapshotAction,
    onWait: (@Sendable (SlotWait) -> Void)?
  ) async throws(ReplicationError) -> (WireConnection, SlotSnapshot) {
    let connection = try await connectForReplication()
    do throws(ReplicationError) {
      let made = try await createSlot(over: connection, options, snapshot, onWait: onWait)
      return (connection, made)
    } catch {
      connection.close()
      throw error
    }
  }

  /// Creates the slot by a replication command.
  func createSlot(
    over connection: WireConnection, _ options: SlotOptions, _ snapshot: SlotSnapshotAction,
    onWait: (@Sendable (SlotWait) -> Void)?
  ) async throws(ReplicationError) -> SlotSnapshot {
    let command = try SQL.createSlot(
      slotName, plugin: params.plugin, temporary: params.usesTemporarySlot, snapshot: snapshot,
      options.completed(by: params),
      server: connection.majorVersion)
    if snapshot == .use {
      _ = try await connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }
    let result: QueryResult
    do throws(ReplicationError) {
      result = try await runWatched(command, over: connection, onWait: onWait)
    } catch {
      warnOfLostAnswer(error)
      throw error
    }
    guard let point = result.first("consistent_point").flatMap({ LSN($0) }) else {
      throw .control(.unexpectedResult("CREATE_REPLICATION_SLOT returned no position"))
    }
    if params.usesTemporarySlot {
      params.logger.info("temporary slot created", metadata: ["slot": "\(params.slot)"])
    } else {
      warnOfRetention()
    }
    return SlotSnapshot(name: result.first("snapshot_name"), consistentPoint: point)
  }

  /// Says that a permanent slot may be there, or come, though nobody was told so.
  ///
  /// It is not dropped here: whether it is ours or somebody else's, created at the same time, can't
  /// be known without the answer.
  private func warnOfLostAnswer(_ error: ReplicationError) {
    guard !params.usesTemporarySlot, error.serverError == nil, error.category == .transient else {
      return
    }
    log.log(
      .error,
      """
      the slot may have been created, or be created later, and would make the server keep WAL: \
      if it is not used, drop it with dropSlot() or pgcdc slot drop
      """,
      metadata: ["slot": "\(params.slot)", "error": "\(error)"])
  }

  /// Runs the command for as long as the server is busy with it: it waits for all running
  /// transactions, however long they take.
  ///
  /// A server that is not busy, whose answer does not come, is given up after
  /// ``ReplicationParams/answerTimeout``.
  private func runWatched(
    _ command: SQL, over connection: WireConnection, onWait: (@Sendable (SlotWait) -> Void)?
  ) async throws(ReplicationError) -> QueryResult {
    let silence = Lock<Duration?>(nil)
    let giveUp: @Sendable (Duration) -> Void = { time in
      silence.withLock { $0 = time }
      connection.close()
    }
    let watch = SlotWatch(
      ControlLink(connection.options), log, onWait: onWait, limit: params.answerTimeout,
      onLoss: giveUp)
    do throws(ReplicationError) {
      return try await watch.during { process throws(ReplicationError) in
        process.started(as: connection.processID)
        return try await connection.run(command, answerTimeout: .after(nil))
      }
    } catch {
      guard error == .cancelled, !Task.isCancelled, let time = silence.withLock({ $0 }) else {
        throw error
      }
      throw .connection(
        .transport(.noAnswer(.command("CREATE_REPLICATION_SLOT"), after: time)))
    }
  }
}
