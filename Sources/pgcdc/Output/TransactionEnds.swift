internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Finds what can be acknowledged in a stream, decoded or not.
struct TransactionEnds {
  /// What an event completes, and the position to acknowledge then.
  enum End {
    /// All changes of a transaction that has committed, or is prepared.
    case transaction(LSN)
    /// A logical message that belongs to no transaction, or what became of a prepared one.
    case between(LSN)
  }

  /// Whether a block of a streamed transaction is open.
  private var isInBlock = false

  mutating func end(in event: ReplicationEvent) throws(WireError) -> End? {
    switch event {
    case .commit(let commit): .transaction(commit.endLSN)
    case .message(let message): Self.end(in: message)
    case .xLogData(let data): try end(in: data.payload)
    default: nil
    }
  }

  private static func end(in message: LogicalMessage) -> End? {
    message.transactional ? nil : .between(message.lsn)
  }

  private mutating func end(in payload: Payload) throws(WireError) -> End? {
    guard let kind = payload.first.flatMap({ PgOutputMessage.Kind(rawValue: $0) }) else {
      return nil
    }
    if kind == .streamStart { isInBlock = true }
    if kind == .streamStop { isInBlock = false }
    let isInBlock = isInBlock
    return try payload.withBytes { (bytes) throws(WireError) -> End? in
      switch kind {
      case .commit: .transaction(try Commit(decoding: bytes).endLSN)
      case .streamCommit: .transaction(try StreamCommit(decoding: bytes).endLSN)
      case .prepare, .streamPrepare: .transaction(try Prepare(decoding: bytes).endLSN)
      case .commitPrepared: .between(try CommitPrepared(decoding: bytes).endLSN)
      case .rollbackPrepared: .between(try RollbackPrepared(decoding: bytes).endLSN)
      case .message:
        Self.end(in: try LogicalMessage(decoding: bytes, inStreamedBlock: isInBlock))
      default: nil
      }
    }
  }
}
