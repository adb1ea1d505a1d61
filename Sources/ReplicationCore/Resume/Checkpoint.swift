public import CDCTime
public import PGWire

/// How far a consumer has come, and of which slot of which server.
///
/// To be stored with the consumer's data, ``position`` with every transaction; the rest stays the
/// same for long, and is the better a proof the later it was read.
public struct Checkpoint: Hashable, Sendable {
  /// Everything that was committed below it is durable on the consumer's side.
  ///
  /// The end LSN of the last transaction, or further what was acknowledged on an idle stream.
  public var position: LSN
  /// The end of the last transaction below ``position``; `nil` if that is not known.
  ///
  /// What lies between the two is none of the consumer's, and may be missing on a standby that was
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
  public var isFromStandby: Bool
  /// The slot's name.
  public var slot: String
  /// What is known of the slot that does not go backwards.
  public var slotState: SlotState
  /// The transaction that ends at ``transactionEnd``, as far as it is known.
  ///
  /// A slot that is behind the checkpoint sends it again, and so proves that the server's history
  /// is still the one that the checkpoint was taken from.
  public var lastTransaction: TransactionMark?
  /// How far the snapshot has been read that the slot was created for; `nil` if for none.
  public var snapshot: SnapshotStage?
  /// How far tables have been read by incremental snapshots; `nil` if none ever was.
  ///
  /// It changes with ``position`` and belongs to it: both have to be stored together.
  public var incremental: IncrementalState?
  /// The server's major version.
  public var serverVersion: Int?
  /// Bytes of the consumer's own, of which nothing is known here.
  public var userData: [UInt8]

  /// What never goes backwards while a slot exists, so that another slot of its name is recognised.
  public struct SlotState: Hashable, Sendable {
    /// The OID of its database.
    public var databaseOID: UInt32?
    /// Its plugin.
    public var plugin: String?
    /// The oldest WAL that it needed.
    public var restartLSN: LSN?
    /// Bytes that it had decoded and sent, while they were never set back.
    ///
    /// Since server 14.
    public var sentBytes: Int64?
    /// Since when the server has counted them.
    ///
    /// A crash of the server makes all counters begin anew; counts since different times say
    /// nothing of each other.
    public var countedSince: PostgresTimestamp?

    /// A state as it was read, put together again from where it was stored.
    public init(
      databaseOID: UInt32? = nil, plugin: String? = nil, restartLSN: LSN? = nil,
      sentBytes: Int64? = nil, countedSince: PostgresTimestamp? = nil
    ) {
      self.databaseOID = databaseOID
      self.plugin = plugin
      self.restartLSN = restartLSN
      self.sentBytes = sentBytes
      self.countedSince = countedSince
    }
  }

  /// A checkpoint put together again from where it was stored.
  public init(
    position: LSN, systemID: String, timeline: UInt32, slot: String,
    slotState: SlotState = SlotState(), userData: [UInt8] = [], transactionEnd: LSN? = nil,
    isFromStandby: Bool = false, lastTransaction: TransactionMark? = nil,
    snapshot: SnapshotStage? = nil, serverVersion: Int? = nil,
    incremental: IncrementalState? = nil
  ) {
    self.incremental = incremental
    self.lastTransaction = lastTransaction
    self.snapshot = snapshot
    self.serverVersion = serverVersion
    self.position = position
    self.transactionEnd = transactionEnd
    self.systemID = systemID
    self.timeline = timeline
    self.isFromStandby = isFromStandby
    self.slot = slot
    self.slotState = slotState
    self.userData = userData
  }
}

extension Checkpoint {
  /// Whether a store that has this checkpoint need not write another one, since it says no more.
  ///
  /// So it is if this one is further, or as far and with the same state of its snapshots. A
  /// checkpoint of another timeline or another snapshot is never covered.
  public func covers(_ other: Checkpoint) -> Bool {
    guard timeline == other.timeline, slot == other.slot, snapshot == other.snapshot else {
      return false
    }
    return position > other.position
      || position == other.position && incremental == other.incremental
        && userData == other.userData
  }
}
