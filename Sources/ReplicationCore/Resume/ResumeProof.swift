public import PGWire

/// Whether a stream that continues from a checkpoint will deliver everything, and how.
///
/// The server itself does not report any of this: it starts wherever the slot is.
@nonexhaustive public enum ResumeProof: Hashable, Sendable {
  /// The slot is exactly at the checkpoint.
  case exact
  /// The slot is behind: a stream started without a position delivers this many bytes of the log
  /// again.
  ///
  /// A stream started from the checkpoint's position delivers nothing twice.
  case replays(from: LSN, bytes: UInt64)
  /// The server was promoted without the last part of the log that the checkpoint's position
  /// covers, and that part has none of the consumer's transactions: the stream must be started from
  /// this position.
  ///
  /// Positions run ahead of transactions while a stream is idle. This can be detected only with
  /// ``Checkpoint/transactionEnd``.
  case rewinds(to: LSN)
  /// The slot is ahead: transactions committed in between will not be delivered.
  ///
  /// It was advanced, or another client has streamed from it; or the consumer has acknowledged more
  /// than its checkpoint says, as idle streams do. After a failover, it was recreated.
  case gap(from: LSN, to: LSN)
  /// The server is not a copy of the one that the checkpoint was taken from.
  case otherCluster(expected: String, found: String)
  /// The server was apparently upgraded by pg_upgrade since: another system, a later version, and a
  /// slot of the same name, plugin and database beyond the checkpoint.
  ///
  /// pg_upgrade (since server 17) keeps a slot only if its consumer had received everything.
  /// Whether that was the consumer of this checkpoint can't be determined, so it has to be accepted
  /// (``SubscriptionOptions/acceptsLoss``): the stream then begins where the slot is.
  case upgraded(expected: String, found: String, slotAt: LSN)
  /// The snapshot that the slot was created for was not read to the end: a stream would lack rows.
  case snapshotUnfinished
  /// The server has another history: it never reached the position that the consumer has.
  ///
  /// A standby was promoted that had not received everything, or a backup was restored.
  case diverged(at: LSN, timeline: UInt32)
  /// The server is outdated: its timeline is an earlier one than the checkpoint's.
  ///
  /// It is a primary from before a failover that the consumer has followed, or a restored backup.
  case formerTimeline(expected: UInt32, found: UInt32)
  /// The server is a standby, and can't serve the slot, or not yet.
  ///
  /// This passes when the standby has replayed more or is promoted, or another server is found: a
  /// ``Subscription`` tries again.
  case standby(StandbyObstacle)
  /// There is no slot of that name.
  ///
  /// It was dropped, or a standby was promoted that had no copy of it.
  case slotMissing
  /// It is another slot of the same name; the text says how that was detected.
  case slotRecreated(String)
  /// The slot can never be used again; the reason, if the server reports it.
  case slotInvalidated(SlotInvalidation?)

  /// Whether a stream continues without losing anything.
  public var isComplete: Bool {
    switch self {
    case .exact, .replays, .rewinds: true
    default: false
    }
  }

  /// Whether the proof may become complete by itself.
  public var isTransient: Bool {
    if case .standby = self { true } else { false }
  }
}

/// Why a standby can't serve a slot.
@nonexhaustive public enum StandbyObstacle: Hashable, Sendable {
  /// It has not replayed up to the checkpoint yet.
  case notReplayed(upTo: LSN)
  /// It has no slot of that name.
  case slotMissing
  /// The slot is a copy of the primary's, for after a promotion.
  ///
  /// Since server 17.
  case slotSynchronized
  /// Standbys can decode since server 16.
  case decodingUnsupported
}

extension ResumeProof: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .exact: "the slot is exactly at the checkpoint's position"
    case .replays(let from, let bytes):
      "the slot is at \(from), and \(Amounts.bytes(bytes)) of the log will be sent again unless "
        + "the stream is started from the checkpoint"
    case .rewinds(let lsn):
      "the server was promoted at \(lsn), without the last part of the log before the checkpoint, "
        + "which had no transaction for the consumer; the stream continues from there"
    case .gap(let from, let to):
      "transactions committed from \(from) to \(to) will not be sent: the slot has moved, or was "
        + "recreated"
    case .otherCluster(let expected, let found):
      "the server is of system \(found), the checkpoint of \(expected): it is not a copy of that "
        + "one, or was upgraded by pg_upgrade without this slot; take a new snapshot"
    case .upgraded(let expected, let found, let lsn):
      "the server is of system \(found), the checkpoint of \(expected), as after pg_upgrade, which "
        + "keeps a slot only if all of it was delivered; the slot is at \(lsn); if this "
        + "consumer had streamed from it, accept the upgrade (pgcdc: --accept-upgraded)"
    case .snapshotUnfinished:
      "the snapshot that the slot was created for was not read to the end, so that rows would be "
        + "missing: read it again (Client.ensureSnapshot, or pgcdc stream --snapshot initial), "
        + "which drops the slot and creates it again"
    case .diverged(let lsn, let timeline):
      "the server (timeline \(timeline)) has diverged at \(lsn), and the consumer has changes past "
        + "it: a standby was promoted that had not received all, or a backup was restored; bring "
        + "the consumer back to \(lsn), or take a new snapshot"
    case .formerTimeline(let expected, let found):
      "the server is of timeline \(found), the checkpoint of \(expected): it is a primary from "
        + "before a failover, or a restored backup; stop it, or don't name it among the hosts"
    case .standby(let obstacle):
      "the server is a standby, \(obstacle); it will be retried, and target_session_attrs=primary "
        + "skips standbys"
    case .slotMissing:
      "the slot does not exist there: it was dropped, or a standby was promoted that has no copy "
        + "of it (since server 17 slots made for failover have one); a slot created now would "
        + "not have what was committed since the checkpoint: create one, and take a new snapshot"
    case .slotRecreated(let why): "it is another slot of the same name: \(why)"
    case .slotInvalidated(let reason):
      "the slot is lost" + (reason.map { ": \($0)" } ?? "")
    }
  }
}

extension StandbyObstacle: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notReplayed(let lsn): "which has replayed up to \(lsn) and not to the checkpoint"
    case .slotMissing: "which has no slot of that name"
    case .slotSynchronized: "whose slot is a copy of the primary's, for when it is promoted"
    case .decodingUnsupported: "which can't decode before server 16"
    }
  }
}
