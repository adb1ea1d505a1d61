internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Finds what can be acknowledged in a stream, decoded or not.
struct TransactionEnds {
  /// What an event completes, and the position to acknowledge then.
  enum End {
    /// All changes of a transaction that has committed, or is prepared.
    case transaction(LSN)
    /// A logical message that belongs to no transaction, or the end of a prepared one.
    case between(LSN)
  }

  /// Some of the messages come as events, which it isn't shown.
  private var position = StreamPosition(checks: .nothing)

  mutating func end(in event: ReplicationEvent) throws(PgOutputError) -> End? {
    switch event {
    case .commit(let commit): End(PgOutputMessage.commit(commit).boundary)
    case .message(let message): End(PgOutputMessage.message(message).boundary)
    case .xLogData(let data):
      try data.payload.withBytes { (bytes) throws(PgOutputError) in
        try position.read(bytes, at: data.start) { End($0.boundary) } ?? nil
      }
    default: nil
    }
  }
}

extension TransactionEnds.End {
  fileprivate init?(_ boundary: TransactionBoundary) {
    switch boundary {
    case .ends(let end, _), .endsStreamed(_, let end): self = .transaction(end)
    case .point(_, let end): self = .between(end)
    case .none, .opens, .opensBlock, .closesBlock, .aborts: return nil
    }
  }
}
