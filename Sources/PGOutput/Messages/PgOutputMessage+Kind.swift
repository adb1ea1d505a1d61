extension PgOutputMessage {
  /// The message types of all four protocol versions, by the letter that they begin with.
  @nonexhaustive public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    case begin = 0x42  // B
    case commit = 0x43  // C
    case origin = 0x4F  // O
    case relation = 0x52  // R
    case type = 0x59  // Y
    case insert = 0x49  // I
    case update = 0x55  // U
    case delete = 0x44  // D
    case truncate = 0x54  // T
    case message = 0x4D  // M, server 14

    case streamStart = 0x53  // S, version 2
    case streamStop = 0x45  // E
    case streamCommit = 0x63  // c
    case streamAbort = 0x41  // A

    case beginPrepare = 0x62  // b, version 3
    case prepare = 0x50  // P
    case commitPrepared = 0x4B  // K
    case rollbackPrepared = 0x72  // r
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
