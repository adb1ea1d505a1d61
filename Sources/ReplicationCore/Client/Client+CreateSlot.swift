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
      slotName, plugin: params.plugin, temporary: params.temporarySlot, snapshot: snapshot,
      options.completed(by: params),
      server: connection.majorVersion)
    if snapshot == .use {
      _ = try await connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }
    let watch = SlotWatch(
      ControlLink(connection.options), logger: params.logger, onWait: onWait)
    let result = try await watch.during { process throws(ReplicationError) in
      process.started(as: connection.processID)
      // The server waits for all running transactions, however long they take.
      return try await connection.run(command, answerTimeout: .after(nil))
    }
    guard let point = result.first("consistent_point").flatMap({ LSN($0) }) else {
      throw .control(.unexpectedResult("CREATE_REPLICATION_SLOT returned no position"))
    }
    if params.temporarySlot {
      params.logger.info("temporary slot created", metadata: ["slot": "\(params.slot)"])
    } else {
      warnOfRetention()
    }
    return SlotSnapshot(name: result.first("snapshot_name"), consistentPoint: point)
  }
}
