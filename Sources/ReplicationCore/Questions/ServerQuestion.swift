/// A question that the library asks a server, for servers in tests that answer it.
///
/// What the answer has to look like is said where the question is: in the files `ControlQuery+…`,
/// and in those of the snapshots. Commands of a walsender, transactions and COPY are not among
/// them.
package enum ServerQuestion: Hashable, Sendable {
  // The server itself.
  case databaseName, isStandby, isInProgress, nextTransactionID
  case currentLSN, insertLSN, logEnd, walSample
  // Slots: first the value that names one.
  case slots, slot, slotRoom, slotHolders, slotWait, sentCount, sentPositions
  /// Values: name, plugin, and with two of the forms whether two-phase commit is on.
  case createSlot(SlotForm)
  case advanceSlot, dropSlot
  case takeLock, lockHolders, releaseLocks
  // Publications, tables and types.
  case publicationExists
  case tableDescriptions, types, enumLabels, compositeFields, moneyScale
  // Snapshots.
  case restrictRelations, memberships, columns, storage
  case lockRoom, rewrittenTables, blocks
  // Incremental snapshots.
  case fingerprints
  case fingerprint(of: UInt32)
  case currentMemberships, keys, access, readPoint
  /// Values: schema, table, column, and the oids of the parts.
  case statistics

  /// How a slot is created.
  package enum SlotForm: Hashable, Sendable {
    case plain, twoPhase, failover
  }
}
