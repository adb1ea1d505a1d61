internal import Logging
internal import PGWire

extension Client {
  /// Passes a snapshot to `body` as ``withExportedSnapshot(_:keepsSlotOnFailure:onWait:_:)`` does,
  /// and creates the slot that continues from it once `body` has returned.
  ///
  /// A process that ends for any reason while it reads the snapshot leaves no slot behind: none
  /// makes the server keep WAL, and none can be streamed from without the rows that were never
  /// read. Until `body` has returned, a temporary slot holds the position; the permanent slot is a
  /// copy of it. So two slots must be free, and the snapshot lasts as long as one connection.
  ///
  /// - Parameters:
  ///   - options: The slot's options. A copy can't be created for two-phase commit: that is
  ///     ``ReplicationError/invalidParameter(_:)``.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  ///   - body: The work to do with the snapshot. If it throws, no slot is created.
  /// - Throws: What `withExportedSnapshot` throws. A slot that exists already is
  ///   ``ReplicationError/snapshotRefused(_:)``, also if it was created while `body` ran.
  ///
  /// Commands: CREATE_REPLICATION_SLOT … TEMPORARY … (SNAPSHOT 'export'), ALTER_REPLICATION_SLOT;
  /// function: `pg_copy_logical_replication_slot`,
  /// <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION>
  public func withSnapshotBeforeSlot<R>(
    _ options: SlotOptions = SlotOptions(), onWait: (@Sendable (SlotWait) -> Void)? = nil,
    _ body: (ExportedSnapshot) async throws -> R
  ) async throws -> R {
    let options = options.completed(by: params)
    guard !params.temporarySlot, options.twoPhase != true else {
      throw ReplicationError.invalidParameter(
        "a temporary slot, and one for two-phase commit, can't be created after its snapshot")
    }
    try await requirePublications()
    let connection = try await connectForReplication()
    defer { connection.close() }
    try options.check(
      server: connection.majorVersion, plugin: params.plugin, temporary: false, command: true)
    try await requireRoom(over: connection)
    let reading = try with {
      $0.slot = "\(params.slot.prefix(40))_snapshot_\(connection.processID)"
      $0.temporarySlot = true
    }
    defer { reading.close() }
    let snapshot = try await reading.exportSnapshot(
      SlotOptions(), over: connection, onWait: onWait)
    let result = try await body(snapshot)
    try await copySlot(reading.slotName, options, over: connection)
    // The slot would end with the session anyway, but a moment later.
    _ = try await connection.run("DROP_REPLICATION_SLOT \(Identifier(reading.slotName))")
    return result
  }

  /// Checks that the slot does not exist yet, and that the server has room for two.
  private func requireRoom(over connection: WireConnection) async throws(ReplicationError) {
    let room = try await connection.ask(.slotRoom(for: slotName))
    if room.exists { throw .snapshotRefused(.slotExists(params.slot)) }
    if room.free < 2 { throw .snapshotRefused(.noRoomForCopy(params.slot)) }
  }

  /// Creates the permanent slot as a copy of the temporary one.
  private func copySlot(
    _ source: SlotName, _ options: SlotOptions, over connection: WireConnection
  ) async throws {
    do throws(ReplicationError) {
      _ = try await connection.ask(.copySlot(source, to: slotName, plugin: nil))
    } catch {
      guard error.sqlState == .duplicateObject else { throw error }
      throw ReplicationError.snapshotRefused(.slotExists(params.slot))
    }
    warnOfRetention()
    guard options.failover == true else { return }
    do throws(ReplicationError) {
      _ = try await connection.run(
        "ALTER_REPLICATION_SLOT \(Identifier(slotName)) (FAILOVER true)")
    } catch {
      await dropSlotWhateverHappens()
      throw error
    }
  }
}
