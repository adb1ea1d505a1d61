internal import PGWire

/// Where a transaction's changes come from.
protocol ChangeSource: AnyObject, Sendable {
  var context: SubscriptionContext { get }

  /// The next change, if nothing has to be waited for.
  func readyChange(of transaction: ReplicationTransaction) throws(ReplicationError)
    -> TransactionChange?
  /// The next change; `nil` after the last.
  func nextChange(of transaction: ReplicationTransaction) async throws(ReplicationError)
    -> TransactionChange?
  /// Passes the changes that are there; waits if there is none.
  ///
  /// - Returns: False if there is none any more.
  func forEachReady(
    of transaction: ReplicationTransaction, _ body: (TransactionChange) throws -> Void
  ) async throws -> Bool
}
