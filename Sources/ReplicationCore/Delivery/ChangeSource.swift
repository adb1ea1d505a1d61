internal import PGWire

/// Where a transaction's changes come from.
protocol ChangeSource: AnyObject, Sendable {
  var context: SubscriptionContext { get }

  /// The next change, if nothing has to be waited for.
  func readyChange(of transaction: Transaction) throws(ReplicationError) -> Change?
  /// The next change; `nil` after the last.
  func nextChange(of transaction: Transaction) async throws(ReplicationError) -> Change?
  /// Passes the changes that are there; waits if there is none.
  ///
  /// - Returns: False if there is none any more.
  func forEachReady(
    of transaction: Transaction, _ body: (Change) throws -> Void
  ) async throws -> Bool
}
