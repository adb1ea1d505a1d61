public import CDCTime
public import PGWire

/// How far a consumer has got, with a slot of a server.
///
/// Store it with the consumer's data, ``position`` with every transaction. The rest rarely changes;
/// the more recent it is, the more it proves.
public struct Checkpoint: Hashable, Sendable {
  /// Everything committed below this position is durable on the consumer's side.
  ///
  /// The end LSN of the last transaction, or a later position that was acknowledged on an idle
  /// stream.
  public var position: LSN
  /// The end of the last transaction below ``position``; `nil` if unknown.
  ///
  /// The log between the two has no data for the consumer, and may be missing on a standby that was
  /// promoted.
  public var transactionEnd: LSN?
  /// The server's `system_identifier`, which all copies of one cluster share.
  public var systemID: String
  /// The timeline that ``position`` lies on.
  public var timeline: UInt32
  /// Whether the server was a standby when ``timeline`` was read.
  ///
  /// A stream from a standby continues when it is promoted (since server 16), so that ``position``
  /// may lie on a later timeline.
  public var isFromStandby = false
  /// The slot's name.
  public var slot: String
  /// Values of the slot that never go backwards.
  public var slotState = SlotState()
  /// The transaction that ends at ``transactionEnd``, if known.
  ///
  /// A slot that is behind the checkpoint sends it again, and so proves that the server's history
  /// is still the one that the checkpoint was taken from.
  public var lastTransaction: TransactionMark?
  /// How far the snapshot of the slot's creation has been read; `nil` without a snapshot.
  public var snapshot: SnapshotStage?
  /// How far incremental snapshots have read tables; `nil` if there never was one.
  ///
  /// It changes with ``position`` and belongs to it: both have to be stored together.
  public var incremental: IncrementalState?
  /// The server's major version.
  public var serverVersion: Int?
  /// Bytes of the consumer's own, which the library does not interpret.
  public var userData: [UInt8] = []

  /// Values that never go backwards while a slot exists, so that another slot of the same name is
  /// detected.
  public struct SlotState: Hashable, Sendable {
    /// The OID of its database.
    public var databaseOID: UInt32?
    /// Its plugin.
    public var plugin: String?
    /// The oldest WAL that it needed.
    public var restartLSN: LSN?
    /// Bytes that it had decoded and sent, if that counter was never reset.
    ///
    /// Since server 14.
    public var sentBytes: Int64?
    /// The time since which the server has counted them.
    ///
    /// A crash of the server resets all counters; counts since different times can't be compared.
    public var countedSince: PostgresTimestamp?

    /// A state of which nothing is known.
    public init() {}
  }

  /// Creates a checkpoint; the rest can be set afterwards.
  ///
  /// - Parameters:
  ///   - position: Everything committed below it is durable on the consumer's side.
  ///   - systemID: The server's `system_identifier`.
  ///   - timeline: The timeline that the position lies on.
  ///   - slot: The slot's name.
  public init(position: LSN, systemID: String, timeline: UInt32, slot: String) {
    self.position = position
    self.systemID = systemID
    self.timeline = timeline
    self.slot = slot
  }
}

extension Checkpoint {
  /// Whether a store that has this checkpoint need not write the other one, since that adds
  /// nothing.
  ///
  /// True if this one is further, or as far and with the same state of its snapshots. A checkpoint
  /// of another timeline or another snapshot is never covered.
  ///
  /// - Parameter other: The checkpoint that would be written.
  public func covers(_ other: Checkpoint) -> Bool {
    guard timeline == other.timeline, slot == other.slot, snapshot == other.snapshot else {
      return false
    }
    return position > other.position
      || position == other.position && incremental == other.incremental
        && userData == other.userData
  }
}
