public import PGWire

/// Why a table can't be read as the snapshot's.
@nonexhaustive public enum SnapshotRefusal: Error, Hashable, Sendable {
  /// The role may not read these tables; what to grant for each, as SQL.
  case notReadable([String], grants: [String])
  /// Publications that are streamed together have different column lists for the table.
  case differentColumns(String, publications: [String])
  /// Row security would hide rows that a stream delivers; the server's words.
  case rowSecurity(ServerError)
  /// Since the snapshot was made, these tables were truncated, or written anew by ALTER TABLE,
  /// CLUSTER or VACUUM FULL: their old rows may be gone.
  case rewritten([String])
  /// Since the snapshot was made, a table or a column was dropped or renamed; the server's words.
  case changed(ServerError)
  /// Planning a query of these relations would run functions that are not the server's and belong
  /// to roles that are no superusers, with our rights; and their rows can't be read without one.
  case runsForeignCode([String])
  /// The tables have more locks together than the server has room for.
  case tooManyLocks(SnapshotLockNeeds)
  /// The snapshot has ended, with its scope or with its connection; the server's words.
  case ended(ServerError)
  /// While the snapshot was read somebody dropped the slot and created another one of its name, or
  /// has streamed from it.
  case slotReplaced(String)
  /// The slot exists already: a snapshot can be exported only when the slot is created.
  case slotExists(String)
  /// A slot that is created after its snapshot takes two slots; the server has not so many left.
  case noRoomForCopy(String)
  /// Tables can't be read beside the stream from a server in recovery: there a snapshot does not
  /// say which transactions it sees.
  case inRecovery
  /// A publication leaves out operations on this table, so that a copy of it could not stay equal.
  case operationsLeftOut(String, publication: String, operations: [PublicationOperation])
  /// The table was altered, renamed, dropped or published in another way since it was looked up;
  /// nothing was lost, it has to be looked up again.
  case alteredWhileRead(String)
  /// An incremental snapshot can't be read beside a stream with two-phase commit.
  case twoPhase
  /// The stream has an id that no transaction can have, so that nobody knows what a snapshot sees.
  case transactionID(UInt32)
  /// No publication of the stream has a table of these names.
  case notPublished([String])
  /// The checkpoint has tables, by their oids, that an incremental snapshot has not read to the
  /// end; they are delivered among ``Subscription/items``.
  case unfinishedTables([UInt32])
  /// The rows of a range were ready for so long, and nobody took them: the lock of the table was
  /// given back, and the range is read later.
  case notTaken(String, after: Duration)
}

extension SnapshotRefusal: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .notReadable(let tables, let grants):
      "this role may not read \(tables.joined(separator: ", ")); "
        + grants.joined(separator: "; ")
    case .differentColumns(let table, let publications):
      "the publications \(publications.joined(separator: ", ")) have different columns of "
        + "\(table), which no stream can deliver together; make them alike, or stream apart"
    case .rowSecurity(let error):
      "\(error): a stream would deliver rows that this role can't read; "
        + "let it have BYPASSRLS, or own the table"
    case .rewritten(let tables):
      "\(tables.joined(separator: ", ")): truncated or rewritten since the snapshot was created, "
        + "so that rows may be missing; drop the slot and start again"
    case .changed(let error):
      "\(error): changed since the snapshot was created; drop the slot and start again"
    case .runsForeignCode(let parts):
      "\(parts.joined(separator: ", ")): an index or extended statistics have an expression with a "
        + "function of another role, which planning a query would run with this role's rights; "
        + "it can be read only without a row filter, and with SELECT on all of its partitions; "
        + "drop the index or statistics, or let the function belong to a superuser"
    case .tooManyLocks(let needs):
      "reading these tables as one snapshot takes \(needs.needed) locks, one for each table and "
        + "index, and the server has room for \(needs.room) in all: set max_locks_per_transaction "
        + "to at least \(needs.suggestedSetting) (it is \(needs.setting)) and restart the server, "
        + "or publish fewer tables together"
    case .ended(let error):
      "\(error): the snapshot lasts as long as the scope that it was made for, and its connection"
    case .slotExists(let name):
      "replication slot \"\(name)\" exists already, and a snapshot can be taken only when a slot "
        + "is created: drop it and start again, which loses nothing if it was left by a snapshot "
        + "that was not finished; streamed from as it is, it lacks the rows that the tables held "
        + "before"
    case .noRoomForCopy(let name):
      "replication slot \"\(name)\" and the temporary one that keeps its place while the snapshot "
        + "is read need two free slots: drop one that is not used, or raise max_replication_slots"
    case .inRecovery:
      "the server is in recovery: there its snapshots do not say which transactions they see, so "
        + "that no table can be read beside the stream; connect to the primary server"
    case .operationsLeftOut(let table, let publication, let operations):
      "publication \"\(publication)\" leaves out "
        + "\(operations.map(\.rawValue).joined(separator: ", ")) of \(table), so a copy of it "
        + "would become wrong: set publish = 'insert, update, delete, truncate'"
    case .alteredWhileRead(let table):
      "\(table) was altered, renamed, dropped or published in another way since it was looked up: "
        + "look it up again"
    case .twoPhase:
      "an incremental snapshot can't be read beside a stream with two-phase commit; "
        + "stream without it, or take the snapshot that a slot is created with"
    case .transactionID(let xid):
      "the stream has a transaction with the id \(xid), which no transaction can have; the server "
        + "or a proxy is faulty"
    case .notPublished(let names):
      "no publication of the stream has a table \(names.joined(separator: ", "))"
    case .unfinishedTables(let oids):
      "the checkpoint has tables that an incremental snapshot has not read to the end (oid "
        + "\(oids.map { "\($0)" }.joined(separator: ", "))): iterate the subscription's items, "
        + "which continue it (pgcdc: stream --snapshot incremental)"
    case .notTaken(let table, let time):
      "the consumer took no rows of \(table) for \(time.rounded): the table's lock was released, "
        + "and they are read again later"
    case .slotReplaced(let name):
      "replication slot \"\(name)\" is not the one that the snapshot was taken with, or somebody "
        + "has streamed from it: read the snapshot again"
    }
  }
}

extension SnapshotRefusal {
  /// What a worker's error means, if it is one of these.
  init?(_ error: ServerError, atStart: Bool = false) {
    switch error.sqlState {
    case .insufficientPrivilege where error.routine == "check_enable_rls":
      self = .rowSecurity(error)
    case .undefinedTable, .undefinedColumn: self = .changed(error)
    case .undefinedObject, .invalidParameterValue:
      guard atStart else { return nil }
      self = .ended(error)
    default: return nil
    }
  }
}

extension SnapshotRefusal {
  /// The server's words, if it was the server that refused.
  var serverError: ServerError? {
    switch self {
    case .rowSecurity(let error), .changed(let error), .ended(let error): error
    case .notReadable, .differentColumns, .rewritten, .runsForeignCode, .tooManyLocks,
      .slotReplaced, .slotExists, .noRoomForCopy, .inRecovery, .operationsLeftOut,
      .alteredWhileRead, .twoPhase, .transactionID, .notPublished, .unfinishedTables, .notTaken:
      nil
    }
  }
}
