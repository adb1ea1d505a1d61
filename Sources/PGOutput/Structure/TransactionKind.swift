/// The kind of a step of a slot.
@nonexhaustive public enum TransactionKind: Hashable, Sendable {
  /// A transaction has committed.
  case committed
  /// A transaction is prepared: its changes count once ``commitPrepared(gid:)`` comes.
  case prepared(gid: String)
  /// A transaction that was prepared has committed; its changes have come before.
  case commitPrepared(gid: String)
  /// A transaction that was prepared is rolled back; its changes have come before.
  case rollbackPrepared(gid: String)
  /// A logical message that belongs to no transaction; it is the only change.
  case message
}
