internal import Logging
public import PGWire

extension Client {
  /// Creates the slot and exports the snapshot that goes with it, for as long as `body` runs.
  ///
  /// ``ExportedSnapshot/read(_:options:onProgress:_:)-([SnapshotTable],_,_,_)`` reads the tables as
  /// the snapshot sees them. Other sessions take it with `SET TRANSACTION SNAPSHOT` as the first
  /// statement of a transaction of isolation level REPEATABLE READ; `pg_dump --snapshot` does.
  /// Transactions that have taken it keep it after `body` has ended.
  ///
  /// A slot without its snapshot is useless to a caller who wanted both, and keeps WAL. So if
  /// `body` throws, also because the task was cancelled, the slot is dropped again.
  ///
  /// - Parameters:
  ///   - options: What the slot is made for.
  ///   - keepsSlotOnFailure: Whether to keep the slot even if `body` throws.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  ///   - body: What is done with the snapshot.
  /// - Throws: What ``createSlot(_:onWait:)`` throws, and what `body` does. A slot that exists
  ///   already is ``ReplicationError/snapshotRefused(_:)``.
  ///
  /// Command: CREATE_REPLICATION_SLOT … (SNAPSHOT 'export').
  public func withExportedSnapshot<R>(
    _ options: SlotOptions = SlotOptions(), keepsSlotOnFailure: Bool = false,
    onWait: (@Sendable (SlotWait) -> Void)? = nil,
    _ body: (ExportedSnapshot) async throws -> R
  ) async throws -> R {
    try await requirePublications()
    let (connection, snapshot) = try await exportSnapshot(options, onWait: onWait)
    do {
      let result = try await body(snapshot)
      keepOrClose(connection)
      return result
    } catch {
      connection.close()
      if !keepsSlotOnFailure, !params.temporarySlot { await dropSlotWhateverHappens() }
      throw error
    }
  }

  private func exportSnapshot(
    _ options: SlotOptions, onWait: (@Sendable (SlotWait) -> Void)?
  ) async throws(ReplicationError) -> (WireConnection, ExportedSnapshot) {
    let connection = try await connectForReplication()
    do throws(ReplicationError) {
      return (connection, try await exportSnapshot(options, over: connection, onWait: onWait))
    } catch {
      connection.close()
      throw error
    }
  }

  /// Creates the slot, and exports the snapshot until the next command on the connection.
  func exportSnapshot(
    _ options: SlotOptions, over connection: WireConnection, isRepeated: Bool = false,
    onWait: (@Sendable (SlotWait) -> Void)?
  ) async throws(ReplicationError) -> ExportedSnapshot {
    let made: SlotSnapshot
    do throws(ReplicationError) {
      made = try await createSlot(over: connection, options, .export, onWait: onWait)
    } catch {
      guard error.sqlState == .duplicateObject else { throw error }
      throw .snapshotRefused(.slotExists(params.slot))
    }
    guard let name = made.name else {
      throw .control(.unexpectedResult("CREATE_REPLICATION_SLOT exported no snapshot"))
    }
    return ExportedSnapshot(
      name: name, consistentPoint: made.consistentPoint, isRepeated: isRepeated, client: self,
      keeper: connection)
  }

  /// Drops the slot in a task of its own, since that of the caller may be cancelled.
  func dropSlotWhateverHappens() async {
    let dropped = await Task { () async -> Bool in
      do throws(ReplicationError) {
        try await dropSlot()
        return true
      } catch {
        params.logger.error(
          "the slot could not be dropped: drop it, or the server keeps WAL for it",
          metadata: ["slot": "\(params.slot)", "error": "\(error)"])
        return false
      }
    }.value
    guard dropped else { return }
    params.logger.warning(
      "slot dropped, since its snapshot was not read to the end",
      metadata: ["slot": "\(params.slot)"])
  }

  /// Creates the slot, and passes a connection whose transaction sees the slot's snapshot.
  ///
  /// The transaction is read-only and ends with `body`. It is committed unless `body` throws. A
  /// temporary slot stays only if it is committed; a permanent slot stays in any case.
  ///
  /// - Parameters:
  ///   - options: What the slot is made for.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  ///   - body: The work to do in the transaction.
  /// - Throws: What ``createSlot(_:onWait:)`` throws, and what `body` does.
  ///
  /// Command: CREATE_REPLICATION_SLOT … (SNAPSHOT 'use').
  public func withUsedSnapshot<R>(
    _ options: SlotOptions = SlotOptions(), onWait: (@Sendable (SlotWait) -> Void)? = nil,
    _ body: (SlotSnapshot, WireConnection) async throws -> R
  ) async throws -> R {
    try await requirePublications()
    let (connection, made) = try await createOverReplication(options, .use, onWait: onWait)
    do {
      let result = try await body(made, connection)
      _ = try await connection.run("COMMIT")
      keepOrClose(connection)
      return result
    } catch {
      connection.close()
      throw error
    }
  }

  private func keepOrClose(_ connection: WireConnection) {
    if params.temporarySlot {
      temporary.withLock { $0 = connection }
    } else {
      connection.close()
    }
  }
}
