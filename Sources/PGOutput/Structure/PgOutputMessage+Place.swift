extension PgOutputMessage {
  /// Where in a stream a message stands.
  @nonexhaustive public enum Place: Hashable, Sendable {
    /// Between transactions.
    case outside
    /// Between Begin and Commit.
    case transaction
    /// Between Begin Prepare and Prepare.
    case preparedTransaction
    /// Between Stream Start and Stream Stop of this transaction.
    case streamedBlock(xid: UInt32)
  }
}

extension PgOutputMessage.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside: "outside a transaction"
    case .transaction: "inside a transaction"
    case .preparedTransaction: "inside a prepared transaction"
    case .streamedBlock(let xid): "inside a streamed block of transaction \(xid)"
    }
  }
}
