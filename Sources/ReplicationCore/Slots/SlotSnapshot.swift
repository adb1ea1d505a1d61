public import PGWire

/// The snapshot that goes with a slot: it sees exactly what the slot will not deliver.
public struct SlotSnapshot: Hashable, Sendable {
  /// The name for `SET TRANSACTION SNAPSHOT` in other sessions; `nil` if it was not exported.
  public let name: String?
  /// The slot's consistent point: transactions that commit after it are delivered by the slot and
  /// not visible in the snapshot.
  public let consistentPoint: LSN
}
