internal import PGWire

/// Recognizes the library's questions by their text.
///
/// SQL is not parsed: a text is compared with what the library itself sends, up to the values in
/// it. So both protocols are read, the simple one with quoted values, and the extended one with
/// bound values.
package struct ServerQuestions: Sendable {
  private typealias Known = (question: ServerQuestion, sql: SQL)

  private let known: [Known]

  /// - Parameters:
  ///   - serverVersion: The server's major version, on which some texts depend.
  ///   - tables: The oids of all tables.
  package init(serverVersion: Int, tables: [UInt32]) {
    var known = Self.aboutServer
    // Nothing here is refused: all values are constants.
    if let about = try? Self.aboutSlots() { known += about }
    if let about = try? Self.aboutSnapshots() { known += about }
    if let about = try? Self.aboutRanges(serverVersion, tables) { known += about }
    known += ServerQuestion.aboutTypes
    self.known = known
  }

  /// The question that a text asks, and its values in the order in which they stand there.
  ///
  /// - Parameters:
  ///   - text: The statement.
  ///   - bound: The values of its parameters.
  /// - Returns: `nil` if the library does not ask that.
  package func recognize(
    _ text: String, bound: [String?] = []
  ) -> (question: ServerQuestion, values: [String])? {
    for (question, sql) in known {
      if let values = sql.values(in: text, bound: bound) { return (question, values) }
    }
    return nil
  }
}

extension ServerQuestions {
  private static var aboutServer: [Known] {
    [
      (.databaseName, ControlQuery<String>.databaseName.sql),
      (.isStandby, ControlQuery<Bool>.isStandby.sql),
      (.isInProgress, ControlQuery<Bool>.isInProgress(0).sql),
      (.nextTransactionID, ControlQuery<UInt64>.nextTransactionID.sql),
      (.currentLSN, ControlQuery<LSN>.currentLSN.sql),
      (.insertLSN, ControlQuery<LSN>.insertLSN.sql),
      (.logEnd, ControlQuery<LogEnd>.logEnd.sql),
      (.walSample, ControlQuery<WALSample>.walSample.sql),
      (.publicationExists, ControlQuery<Bool>.publicationExists("p").sql),
      (.tableDescriptions, ControlQuery<[TableDescription]>.tableDescriptions([]).sql),
    ]
  }

  private static func aboutSlots() throws(ReplicationError) -> [Known] {
    let name = try SlotName("s")
    let created: (SlotOptions) -> SQL = { options in
      ControlQuery<LSN>.createSlot(name, plugin: "p", options).sql
    }
    var known: [Known] = [
      (.slots, ControlQuery<[ReplicationSlot]>.slots.sql),
      (.slot, ControlQuery<ReplicationSlot?>.slot(name).sql),
      (.slotRoom, ControlQuery<SlotRoom>.slotRoom(for: name).sql),
      (.slotHolders, ControlQuery<[String: ServerSession]>.slotHolders.sql),
      (.slotWait, ControlQuery<SlotWait?>.slotWait(of: 0, after: .zero).sql),
      (.sentCount, ControlQuery<SentCount?>.sentCount(name).sql),
      (.sentPositions, ControlQuery<[String: LSN]>.sentPositions.sql),
      (.createSlot(.plain), created(SlotOptions())),
      (.createSlot(.twoPhase), created(SlotOptions(isTwoPhase: true))),
      (.createSlot(.failover), created(SlotOptions(isFailover: true))),
      (.advanceSlot, ControlQuery<LSN>.advanceSlot(name, to: .zero).sql),
      (.dropSlot, ControlQuery<Void>.dropSlot(name).sql),
      (.releaseLocks, ControlQuery<Void>.releaseLocks.sql),
    ]
    for purpose in [SlotLock.Purpose.takeOver, .snapshot] {
      let lock = SlotLock(purpose: purpose, slot: name)
      known.append((.takeLock, ControlQuery<Bool>.take(lock).sql))
      known.append((.lockHolders, ControlQuery<[SlotLock.Holder]>.holders(of: lock).sql))
    }
    return known
  }

  private static func aboutSnapshots() throws(ReplicationError) -> [Known] {
    let tables = try Literal("{}")
    return [
      (.restrictRelations, SnapshotSession.restriction),
      (.memberships, try SnapshotCatalog.membershipQuery(of: [])),
      (.columns, SnapshotCatalog.columnQuery(tables)),
      (.storage, SnapshotCatalog.storageQuery(tables)),
      (.lockRoom, SnapshotSession.lockRoomQuery(tables)),
      (.rewrittenTables, SnapshotSession.rewrittenQuery(tables)),
      (.blocks, SnapshotSession.blockQuery(tables)),
    ]
  }

  private static func aboutRanges(
    _ serverVersion: Int, _ tables: [UInt32]
  ) throws(ReplicationError) -> [Known] {
    let published = try SQL.publishedTables(by: [])
    var known: [Known] = [
      (
        .fingerprints,
        try SQL.fingerprints(of: published, publications: [], serverVersion: serverVersion)
      ),
      (
        .currentMemberships,
        try SQL.memberships(of: [], in: [], serverVersion: serverVersion)
      ),
      (.keys, IncrementalCatalog.keyQuery([])),
      (.access, IncrementalCatalog.accessQuery([])),
      (.readPoint, SQL.readPoint),
      (.statistics, try RangePlans.statistics(schema: "s", name: "t", column: "c", parts: [])),
    ]
    for oid in tables {
      let one = try SQL.fingerprints(
        of: .table(oid), publications: [], serverVersion: serverVersion)
      known.append((.fingerprint(of: oid), one))
    }
    return known
  }
}
