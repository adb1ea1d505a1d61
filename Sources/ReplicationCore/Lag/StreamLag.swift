public import PGWire

/// How far a stream is behind, step by step, from the server's log down to the slot.
///
///     let lag = try await subscription.lag()
///     print("behind: \(lag.bytes) bytes")
///     for step in lag.steps { print(step.stage, step.position, step.bytes) }
///     if let stage = lag.bottleneck { print("slowest: \(stage)") }
///
/// ``Subscription/lag()`` asks the server. ``Subscription/Statistics/lag`` begins at what has been
/// received, since only the server knows what lies above that.
public struct StreamLag: Hashable, Sendable {
  /// The stages that a change passes, in order.
  @nonexhaustive public enum Stage: String, Hashable, Sendable, CaseIterable {
    /// In the server's log.
    case server
    /// Decoded and sent by the server: `pg_stat_replication.sent_lsn`.
    case sent
    /// Received by the stream.
    case received
    /// Taken by the consumer.
    case delivered
    /// Acknowledged by the consumer, and all before it too.
    case acknowledged
    /// Saved in the checkpoint store, if there is one.
    case saved
    /// Reported to the server as durable.
    case reported
    /// Confirmed by the slot: its `confirmed_flush_lsn`.
    case confirmed
  }

  /// How far one stage is, and how far it is behind the stage above it.
  public struct Step: Hashable, Sendable {
    /// The stage.
    public let stage: Stage
    /// Everything up to this position has reached the stage.
    public let position: LSN
    /// Bytes of WAL that the stage above has and this one has not; zero for the first.
    public let bytes: UInt64
    /// How much older the position is than that of the stage above; zero if it is the same.
    ///
    /// Down to `received`, age counts from when the server wrote the WAL; below, from when it was
    /// received. Both are measured by the clock of this machine, so different clocks don't matter.
    /// For WAL that was written before the server was first asked, the commit time of the last
    /// delivered transaction is used instead. `nil` if it is not known.
    public let time: Duration?
  }

  /// The stages that are known, from the top down.
  ///
  /// `server`, `sent` and `confirmed` are known only if the server was asked, and `sent` only if
  /// the role may see it (`pg_read_all_stats`).
  public let steps: [Step]

  /// The stage that holds the stream up; `nil` if nothing has waited for longer than a moment.
  ///
  /// It is the step with the most bytes. But while the stream reads nothing because the consumer
  /// takes nothing, it is ``Stage/delivered``, however much waits at the server; and while
  /// transactions are held back because their acknowledgements can't be saved fast enough, it is
  /// ``Stage/saved``.
  public let bottleneck: Stage?

  /// How long ago the oldest WAL was written that the last stage has not; zero if it has all.
  ///
  /// If the server was not asked, it counts from when that was received. `nil` if it is not known.
  public let time: Duration?

  /// Bytes of WAL from the first stage to the last.
  public var bytes: UInt64 {
    guard let first = steps.first, let last = steps.last else { return 0 }
    return first.position.bytes(since: last.position)
  }

  /// The step of a stage, if it is known.
  public subscript(_ stage: Stage) -> Step? {
    steps.first { $0.stage == stage }
  }
}
