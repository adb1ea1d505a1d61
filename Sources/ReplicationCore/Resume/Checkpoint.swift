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
  /// The server's `system_identifier`, which all copies of one cluster share.
  public var systemID: String
  /// The timeline that ``position`` lies on.
  public var timeline: UInt32
  /// The slot's name.
  public var slot: String
  /// What is known of the slot that does not go backwards.
  public var slotState: SlotState
  /// Bytes of the consumer's own, of which nothing is known here.
  public var userData: [UInt8]

  /// What never goes backwards while a slot exists, so that another slot of its name can be told.
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
    slotState: SlotState = SlotState(), userData: [UInt8] = []
  ) {
    self.position = position
    self.systemID = systemID
    self.timeline = timeline
    self.slot = slot
    self.slotState = slotState
    self.userData = userData
  }
}

/// What a stream that goes on from a checkpoint will deliver.
///
/// The server itself says nothing of any of this: it starts wherever the slot is.
@nonexhaustive public enum ResumeProof: Hashable, Sendable {
  /// The slot is exactly at the checkpoint.
  case exact
  /// The slot is behind: started without a position it delivers so many bytes of the log again.
  ///
  /// Started from the checkpoint's position it delivers nothing twice.
  case replays(from: LSN, bytes: UInt64)
  /// The slot is ahead: what was committed in between will not be delivered.
  ///
  /// It was advanced, or somebody else has streamed from it; or the consumer has acknowledged more
  /// than its checkpoint says, as idle streams do.
  case gap(from: LSN, to: LSN)
  /// The server is not a copy of the one that the checkpoint was taken from.
  case otherCluster(expected: String, found: String)
  /// The server has another history: the checkpoint's position was never reached on it.
  ///
  /// A standby was promoted that had not received all, or a backup was restored.
  case diverged(at: LSN, timeline: UInt32)
  /// There is no slot of that name.
  case slotMissing
  /// It is another slot of the same name; what shows it.
  case slotRecreated(String)
  /// The slot can never be used again; why, if the server says so.
  case slotInvalidated(SlotInvalidation?)

  /// Whether a stream goes on without losing anything.
  public var isComplete: Bool {
    switch self {
    case .exact, .replays: true
    default: false
    }
  }
}

extension ResumeProof: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exact: "the slot is exactly where the checkpoint is"
    case .replays(let from, let bytes):
      "the slot is at \(from), and \(Amounts.bytes(bytes)) of the log come again unless the stream "
        + "is started from the checkpoint"
    case .gap(let from, let to):
      "what was committed from \(from) to \(to) will not come: the slot has moved on"
    case .otherCluster(let expected, let found):
      "the server is of system \(found), the checkpoint of \(expected)"
    case .diverged(let lsn, let timeline):
      "the server never reached the checkpoint: its history (timeline \(timeline)) is another one "
        + "from \(lsn) on"
    case .slotMissing: "the slot does not exist any more"
    case .slotRecreated(let why): "it is another slot of the same name: \(why)"
    case .slotInvalidated(let reason):
      "the slot is lost" + (reason.map { ": \($0)" } ?? "")
    }
  }
}
