/// The greatest id of the transactions that were delivered while no table was being read.
///
/// A table is added with a snapshot that was taken a while before. A transaction that has begun
/// since is not below its `xmax`, may have been delivered whole by now, and be invisible still: no
/// range may be read before it has ended either. Those that were delivered before the snapshot was
/// taken are below its `xmax`, so that nothing has to be remembered for longer than a lookup takes.
struct IdleTransactions: Hashable, Sendable {
  private var before: UInt32?
  private var since: UInt32?

  /// A transaction is delivered.
  mutating func note(_ xid: UInt32) {
    since = Self.later(since, xid)
  }

  /// All lookups that were finished have been taken in: one that begins now sees what came before.
  ///
  /// Another one may have begun already, so that it is forgotten only the next time.
  mutating func lookedUp() {
    (before, since) = (since, nil)
  }

  /// The greatest of them.
  func greatest(near known: FullTransactionID) -> FullTransactionID? {
    [before, since].compactMap { $0 }.compactMap { FullTransactionID($0, near: known) }.max()
  }

  /// The later of two ids, which come round: `TransactionIdFollows`.
  private static func later(_ known: UInt32?, _ xid: UInt32) -> UInt32 {
    guard let known else { return xid }
    return Int32(bitPattern: xid &- known) > 0 ? xid : known
  }
}
