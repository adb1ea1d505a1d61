extension PgOutputMessage {
  /// The message types of all four protocol versions, by the letter that they begin with.
  @nonexhaustive public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// A transaction begins.
    case begin = 0x42  // B
    /// A transaction is committed.
    case commit = 0x43  // C
    /// The transaction was first committed on another server.
    case origin = 0x4F  // O
    /// The shape of a table.
    case relation = 0x52  // R
    /// The name of a type that is not built in.
    case type = 0x59  // Y
    /// A row was inserted.
    case insert = 0x49  // I
    /// A row was updated.
    case update = 0x55  // U
    /// A row was deleted.
    case delete = 0x44  // D
    /// Tables were emptied.
    case truncate = 0x54  // T
    /// A message of `pg_logical_emit_message`.
    case message = 0x4D  // M, server 14

    /// Changes of a transaction in progress follow.
    case streamStart = 0x53  // S, version 2
    /// The block of changes of a transaction in progress ends.
    case streamStop = 0x45  // E
    /// A streamed transaction is committed.
    case streamCommit = 0x63  // c
    /// A streamed transaction, or a subtransaction of it, was rolled back.
    case streamAbort = 0x41  // A

    /// The changes of a prepared transaction follow.
    case beginPrepare = 0x62  // b, version 3
    /// All changes of a prepared transaction were sent.
    case prepare = 0x50  // P
    /// A prepared transaction is committed.
    case commitPrepared = 0x4B  // K
    /// A prepared transaction was rolled back.
    case rollbackPrepared = 0x72  // r
    /// A streamed transaction is prepared.
    case streamPrepare = 0x70  // p
  }

  /// Identifies a payload without decoding it.
  ///
  /// With this and `Begin(decoding:)`, `Commit(decoding:)` and `LogicalMessage(decoding:)` a
  /// consumer can follow transactions without keeping a decoder.
  ///
  /// - Returns: `nil` if the payload is empty or begins with a letter that pgoutput doesn't have.
  @inlinable public static func kind(of payload: Span<UInt8>) -> Kind? {
    payload.isEmpty ? nil : Kind(rawValue: payload[0])
  }
}

extension PgOutputMessage.Kind {
  /// Whether an xid follows the letter inside a streamed block.
  package var hasXIDInBlock: Bool {
    switch self {
    case .relation, .type, .insert, .update, .delete, .truncate, .message: true
    case .begin, .commit, .origin, .streamStart, .streamStop, .streamCommit, .streamAbort,
      .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared, .streamPrepare:
      false
    }
  }

  /// Whether it is the change of a row.
  @inlinable package var isRow: Bool { self == .insert || self == .update || self == .delete }

  /// Whether a message of this kind can mean something for transactions.
  package var canBeBoundary: Bool {
    switch self {
    case .origin, .relation, .type, .insert, .update, .delete, .truncate: false
    case .begin, .commit, .message, .streamStart, .streamStop, .streamCommit, .streamAbort,
      .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared, .streamPrepare:
      true
    }
  }
}

extension PgOutputMessage.Kind: CustomStringConvertible {
  /// The message's name in PostgreSQL's documentation.
  public var description: String {
    switch self {
    case .begin: "Begin"
    case .commit: "Commit"
    case .origin: "Origin"
    case .relation: "Relation"
    case .type: "Type"
    case .insert: "Insert"
    case .update: "Update"
    case .delete: "Delete"
    case .truncate: "Truncate"
    case .message: "Message"
    case .streamStart: "Stream Start"
    case .streamStop: "Stream Stop"
    case .streamCommit: "Stream Commit"
    case .streamAbort: "Stream Abort"
    case .beginPrepare: "Begin Prepare"
    case .prepare: "Prepare"
    case .commitPrepared: "Commit Prepared"
    case .rollbackPrepared: "Rollback Prepared"
    case .streamPrepare: "Stream Prepare"
    }
  }
}
