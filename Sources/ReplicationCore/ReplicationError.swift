public import PGOutput
public import PGWire

/// What can go wrong between a client and its slot.
@nonexhaustive public enum ReplicationError: Error, Hashable, Sendable {
  /// A parameter can't be right; what, and what would be.
  case invalidParameter(String)
  /// The connection could not be made, broke, or the server reported an error.
  case connection(PGWireError)
  /// The control connection (libpq) could not be made or used.
  case control(ControlError)
  /// A message of the plugin could not be decoded.
  case decoding(PgOutputError)
  /// The slot does not exist and was not to be created.
  case slotMissing(String)
  /// The slot exists, but not as it has to be; in what it differs.
  case slotMismatch(String, differences: [String])
  /// Another session holds the slot; which one.
  indirect case slotActive(SlotConflict)
  /// A slot was not taken over, and why not.
  indirect case takeOverRefused(String, TakeOverRefusal)
  /// Publications that the database does not have.
  case publicationsMissing([String])
  /// The publication exists, but not as it has to be; in what it differs.
  case publicationMismatch(String, differences: [String])
  /// The publication is missing, and to be made after the slot, to which it would stay unknown.
  case publicationAfterSlot(String, slot: String)
  /// The tables can't be read as the slot's snapshot; why, and the way out.
  indirect case snapshotRefused(SnapshotRefusal)
  /// The server's version does not have this; since which it is there.
  case requiresServer(feature: String, since: Int, found: Int)
  /// The server sent nothing for so long, though it was asked for a reply.
  case stalled(Duration)
  /// Two tasks waited for the next event of one stream.
  case concurrentReceive
  /// The stream or the client was closed.
  case closed
  /// The server is shutting down. It had sent everything up to that moment.
  case serverShutdown
  /// The connection broke in the middle of a transaction: what was taken of it must be undone. It
  /// is delivered again, from its beginning, unless a standby was promoted that never had it.
  case interrupted(commitLSN: LSN)
  /// The end of a transaction was asked for before all of its changes had been taken.
  case notAtEnd
  /// The changes of a transaction were asked for after the next transaction had been.
  case transactionPassed(commitLSN: LSN)
  /// A step was asked for before ``ProvisionalStep/Discard/done()`` was called: what was staged is
  /// void, and must not be mixed with what comes.
  case stagedNotDiscarded
  /// The stream of this slot can't continue from the checkpoint without losing something.
  indirect case cannotResume(ResumeProof, slot: String)
  /// What did not fit into memory could not be kept in a file.
  case spill(SpillError)
  /// The checkpoint could not be loaded or saved; what its store says.
  case checkpointStore(String)
  /// The task that waited was cancelled. Nothing is lost: a later call goes on where this one was.
  case cancelled
}

extension ReplicationError {
  /// The server's error, if it is one.
  public var serverError: ServerError? {
    switch self {
    case .connection(.server(let error)): error
    case .control(let error): error.serverError
    case .slotActive(let conflict): conflict.error
    case .snapshotRefused(let refusal): refusal.serverError
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
  /// What a store has thrown, in its words.
  static func checkpointStore(of error: any Error) -> ReplicationError {
    if let error = error as? ReplicationError, case .checkpointStore = error { return error }
    return .checkpointStore("\(error)")
  }
}

extension ReplicationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidParameter(let what): what
    case .connection(let error): "\(error)"
    case .control(let error): "control connection: \(error)"
    case .decoding(let error): "\(error)"
    case .slotMissing(let name):
      "replication slot \"\(name)\" does not exist; create it, or ask for it to be created"
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
      "publication \"\(name)\" is missing, and slot \"\(slot)\" exists already: what was written "
        + "before the publication is made would not know it, so that the stream fails there (to "
        + "server 17) or goes on without it; drop the slot, make the publication, then the slot"
    case .snapshotRefused(let refusal): "\(refusal)"
    case .requiresServer(let feature, let since, let found):
      "\(feature) needs a server of version \(since) or later; this one is \(found)"
    case .stalled(let time):
      "the server has sent nothing for \(time), though it was asked to; it or the network is frozen"
    case .concurrentReceive: "two tasks waited for the next event of one stream"
    case .closed: "the stream is closed"
    case .serverShutdown: "the server is shutting down"
    case .interrupted(let lsn):
      "the connection broke in the middle of the transaction that commits at \(lsn); it will be "
        + "delivered again, from its beginning"
    case .notAtEnd: "not all changes of the transaction have been taken"
    case .transactionPassed(let lsn):
      "the changes of the transaction that commits at \(lsn) have to be taken before the next "
        + "transaction is asked for"
    case .stagedNotDiscarded:
      "what was staged of transactions in progress has to be forgotten, and that has to be said "
        + "(Discard.done()), before the next step is asked for"
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
