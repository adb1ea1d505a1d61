public import PGOutput
public import PGWire

/// An error between a client and its slot.
@nonexhaustive public enum ReplicationError: Error, Hashable, Sendable {
  /// A parameter is invalid; the text says which, and what would be valid.
  case invalidParameter(String)
  /// The connection could not be made, broke, or the server reported an error.
  case connection(PGWireError)
  /// The control connection (libpq) could not be made or used.
  case control(ControlError)
  /// A message of the plugin could not be decoded.
  case decoding(PgOutputError)
  /// The slot does not exist, and may not be created.
  case slotMissing(String)
  /// The server ended the stream because the slot was invalidated and can never be used again; the
  /// reason, and the server's error.
  indirect case slotInvalidated(String, SlotInvalidation?, ServerError)
  /// The slot exists, but differs from what is needed; the differences.
  case slotMismatch(String, differences: [String])
  /// Another session holds the slot.
  indirect case slotActive(SlotConflict)
  /// A slot was not taken over; the reason.
  indirect case takeOverRefused(String, TakeOverRefusal)
  /// The database does not have these publications.
  case publicationsMissing([String])
  /// The publication exists, but differs from what is needed; the differences.
  case publicationMismatch(String, differences: [String])
  /// The publication is missing, and would be created after the slot, which can't decode with it.
  case publicationAfterSlot(String, slot: String)
  /// The tables can't be read as the slot's snapshot; why, and how to fix it.
  indirect case snapshotRefused(SnapshotRefusal)
  /// The server's version does not have this feature; the first version that has it.
  case requiresServer(feature: String, since: Int, found: Int)
  /// The server sent nothing for this long, although it was asked for a reply.
  case stalled(Duration)
  /// The server sent a position that its log can't have reached; that, and the furthest one before
  /// it.
  case impossiblePosition(LSN, after: LSN)
  /// The stream was to start beyond the end of the server's log.
  case startBeyondLog(StartBeyondLog)
  /// The server skips a publication that did not exist when the next change was made, and with it
  /// every change that only this publication covers; the server's warning.
  ///
  /// Since server 18; up to 17 the server ends the stream with an error. See
  /// ``ReplicationParams/skipsMissingPublications``.
  case publicationSkipped(ServerError)
  /// The server, or a proxy in between, ended the stream (CopyDone) without being asked to.
  ///
  /// PostgreSQL does not do that.
  case endedByServer
  /// The server shuts down, and the consumer took nothing for this long: the stream was given up,
  /// so that the server can stop. Nothing is lost. See ``ReplicationParams/shutdownTimeout``.
  case droppedForShutdown(after: Duration)
  /// Two tasks waited for the next event of one stream.
  case concurrentReceive
  /// The stream or the client was closed.
  case closed
  /// The server is shutting down. It had sent everything up to that moment.
  case serverShutdown
  /// A type may exist but is not visible: the transaction that created it was delivered, but other
  /// sessions don't see it yet. It is prepared or has not committed, or its commit waits for a
  /// synchronous standby.
  indirect case typeNotVisible(column: Relation.Column, table: String, xid: UInt32?)
  /// The connection broke in the middle of a transaction: undo what was done with it. It is
  /// delivered again, from its beginning, unless a standby was promoted that never received it.
  case interrupted(commitLSN: LSN)
  /// A table's rows broke off while they were being taken: the range is read and delivered again
  /// from its beginning, and the rows stored for it must be deleted then, as for every range.
  indirect case chunkInterrupted(table: String, ReplicationError)
  /// The end of a transaction was requested before all of its changes had been taken.
  case notAtEnd
  /// The changes of a transaction were requested after the next transaction had been requested.
  case transactionPassed(commitLSN: LSN)
  /// The rows of a chunk were requested after the next item had been requested.
  case chunkPassed(table: String)
  /// A step was requested before ``ProvisionalStep/Discard/acknowledge()`` was called: the staged
  /// changes are void, and must not be mixed with new ones.
  case stagedNotDiscarded
  /// The stream of this slot can't continue from the checkpoint without losing something.
  indirect case cannotResume(ResumeProof, slot: String)
  /// Data that did not fit into memory could not be spilled to a file.
  case spill(SpillError)
  /// The checkpoint could not be loaded or saved; the store's error.
  case checkpointStore(String)
  /// The task that waited was cancelled. Nothing is lost: a later call continues where this one
  /// was.
  ///
  /// Functions of this library throw this and not Swift's `CancellationError`, since their throws
  /// are typed; ``isCancellation(_:)`` is true for both.
  case cancelled
}

extension ReplicationError {
  /// A thread that could not be started, or a connection that broke.
  static func transport(_ error: TransportError) -> ReplicationError {
    .connection(.transport(error))
  }

  /// The server's error, if it is one.
  public var serverError: ServerError? {
    switch self {
    case .connection(let error): error.serverError
    case .control(let error): error.serverError
    case .slotActive(let conflict): conflict.error
    case .snapshotRefused(let refusal): refusal.serverError
    case .publicationSkipped(let warning): warning
    case .slotInvalidated(_, _, let error): error
    default: nil
    }
  }

  /// The SQLSTATE of the server's error, if it is one.
  public var sqlState: SQLState? { serverError?.sqlState }

  /// Whether another session holds the slot (SQLSTATE 55006).
  ///
  /// After a network failure the old walsender keeps the slot until `wal_sender_timeout`; see
  /// ``retryOnSlotActive(maxRetries:operation:)`` and ``Client/takeOver(_:)``.
  public var isSlotActive: Bool {
    if case .slotActive = self { true } else { sqlState == .objectInUse }
  }
}

extension ReplicationError {
  /// Whether the task that waited was cancelled, or the connection closed from this side.
  public var isCancellation: Bool {
    switch self {
    case .cancelled, .connection(.transport(.cancelled)), .control(.transport(.cancelled)): true
    default: false
    }
  }
}

/// Whether an error says that a task was cancelled: Swift's `CancellationError`, or one of ours.
///
///     do { try await subscription.run(handle) } catch where isCancellation(error) { … }
public func isCancellation(_ error: any Error) -> Bool {
  switch error {
  case is CancellationError: true
  case let error as ReplicationError: error.isCancellation
  case let error as PGWireError: error.isCancellation
  default: false
  }
}

extension ReplicationError {
  /// The error for an error that a store threw.
  static func checkpointStore(of error: any Error) -> ReplicationError {
    if let error = error as? ReplicationError, case .checkpointStore = error { return error }
    return .checkpointStore("\(error)")
  }
}

extension ReplicationError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .invalidParameter(let what): what
    case .connection(let error): "\(error)"
    case .control(let error): "control connection: \(error)"
    case .decoding(let error): "\(error)"
    case .slotMissing(let name):
      "replication slot \"\(name)\" does not exist; create it, or ask for it to be created"
    case .slotInvalidated(let name, let reason, let error):
      "replication slot \"\(name)\" was invalidated\(reason.map { " (\($0))" } ?? ""), and "
        + "changes it had not delivered are lost; drop it, create it again, and take a new "
        + "snapshot. The server's error: \(error)"
    case .slotMismatch(let name, let differences):
      "replication slot \"\(name)\" can't be used: \(differences.joined(separator: "; "))"
    case .slotActive(let conflict): describe(conflict)
    case .takeOverRefused(let name, let refusal):
      "replication slot \"\(name)\" was not taken over: \(refusal)"
    case .publicationsMissing(let names):
      "no such publication: \(names.map { "\"\($0)\"" }.joined(separator: ", ")); "
        + "create it before the slot, so that it covers all that the slot delivers"
    case .publicationMismatch(let name, let differences):
      "publication \"\(name)\" differs: \(differences.joined(separator: "; "))"
    case .publicationAfterSlot(let name, let slot):
      "publication \"\(name)\" is missing, and slot \"\(slot)\" exists already: changes written "
        + "before the publication exists can't be decoded with it, so the stream would fail there; "
        + "drop the slot, create the publication, then the slot"
    case .snapshotRefused(let refusal): "\(refusal)"
    case .requiresServer(let feature, let since, let found):
      "\(feature) requires PostgreSQL \(since) or later; the server is \(found)"
    case .stalled(let time):
      "the server has sent nothing for \(time), not even a reply; it or the network is frozen"
    case .impossiblePosition(let lsn, let furthest):
      "the server sent position \(lsn)"
        + (furthest > .zero ? " after \(furthest)" : "")
        + ", which its log can't have reached; the server, or a proxy in between, is broken"
    case .startBeyondLog(let start): "\(start)"
    case .publicationSkipped(let warning):
      "\(warning): changes are missing from here on; drop the slot, create the publication, then "
        + "the slot; or advance the slot past this point and lose the changes up to it; or accept "
        + "that such changes are skipped (skipsMissingPublications)"
    case .endedByServer:
      "the server's side ended the stream (CopyDone) without being asked; a proxy in between may "
        + "do that"
    case .droppedForShutdown(let time):
      "the server is shutting down, and nothing was taken from the stream for \(time.rounded): "
        + "the stream was given up, so that the server can stop; nothing is lost"
    case .concurrentReceive: "two tasks waited for the next event of one stream"
    case .closed: "the stream is closed"
    case .serverShutdown: "the server is shutting down"
    case .interrupted(let lsn):
      "the connection broke in the middle of the transaction that commits at \(lsn); it will be "
        + "delivered again, from its beginning"
    case .typeNotVisible(let column, let table, let xid):
      "column \(column.name) of \(table): its type (oid \(column.typeOID), \(column.type)) was "
        + "created by transaction \(xid.map { "\($0)" } ?? "?"), which other sessions don't see "
        + "yet: it is prepared or not committed, or its commit waits for a synchronous standby; "
        + "try again once it has ended, or stream without two-phase commit and provisional blocks"
    case .chunkInterrupted(let table, let error):
      "reading a range of \(table) broke off: \(error); the range will be delivered again"
    case .notAtEnd: "not all changes of the transaction, or rows of the chunk, have been taken"
    case .transactionPassed(let lsn):
      "the changes of the transaction that commits at \(lsn) have to be taken before the next "
        + "transaction is requested"
    case .chunkPassed(let table):
      "the rows of a chunk of \(table) have to be taken before the next item is requested"
    case .stagedNotDiscarded:
      "discard the staged changes of transactions in progress, and acknowledge the request, before "
        + "requesting the next step"
    case .cannotResume(let proof, let slot):
      "the stream of slot \"\(slot)\" can't continue from the checkpoint: \(proof)"
    case .spill(let error): "\(error)"
    case .checkpointStore(let what): "the checkpoint's store: \(what)"
    case .cancelled: "cancelled"
    }
  }

  private func describe(_ conflict: SlotConflict) -> String {
    let words =
      conflict.error.map { "\($0)" } ?? "replication slot \"\(conflict.slot)\" is in use"
    return words + (conflict.holder.map { "; its holder is \($0)" } ?? "")
  }
}
