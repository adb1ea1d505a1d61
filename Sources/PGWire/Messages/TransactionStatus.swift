/// Whether a session is in a transaction: the byte of ReadyForQuery.
public enum TransactionStatus: UInt8, Sendable {
  /// `I`: in no transaction.
  case idle = 0x49
  /// `T`: in a transaction.
  case inTransaction = 0x54
  /// `E`: in a transaction that has failed.
  case failed = 0x45
}
