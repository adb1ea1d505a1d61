public import PGWire

/// What a subscription that takes snapshots delivers, in order.
@nonexhaustive public enum SubscriptionItem: Sendable {
  /// A transaction, as ``Subscription/transactions`` has it, without those of its changes that an
  /// incremental snapshot has read, or will read.
  case transaction(ReplicationTransaction)
  /// A range of a table was read: delete what you hold in it, then store the rows.
  case rangeBegins(SnapshotChunk)
  /// All rows of the table have come, and transactions are whole again for it from here on.
  ///
  /// After a restart it may come again, with the same ``WholeTable/position``.
  case tableIsWhole(WholeTable)
}

/// The items of a subscription.
public typealias SubscriptionItems = DeliverySequence<SubscriptionItem>

/// A table that an incremental snapshot has read to its end.
public struct WholeTable: Hashable, Sendable {
  /// The table's oid, which outlives its names.
  public let oid: UInt32
  /// The schema.
  public let namespace: String
  /// The table's name, without its schema.
  public let name: String
  /// From this position on each transaction has all its changes to the table, or none.
  public let position: LSN
}
