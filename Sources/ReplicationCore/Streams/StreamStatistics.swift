public import CDCTime
public import PGWire
internal import Synchronization

/// Statistics of a stream, for monitoring.
///
/// A snapshot, taken without a lock: its numbers may be some microseconds apart.
public struct StreamStatistics: Hashable, Sendable {
  /// Bytes taken from the socket since the stream began.
  public let bytesReceived: Int
  /// Messages of the plugin among them.
  public let messagesReceived: Int
  /// Events that the consumer has taken.
  public let eventsDelivered: Int
  /// Bytes of the stream's buffer that wait for the consumer or are kept alive by its events.
  public let bytesBuffered: Int
  /// Time for which reading was stopped because the consumer was behind.
  public let timeStopped: Duration
  /// Reports sent to the server.
  public let feedbackSent: Int
  /// The highest position that the server has reported.
  public let received: LSN
  /// The end of the last transaction that the consumer has taken.
  public let delivered: LSN
  /// The highest position that the consumer has acknowledged.
  public let acknowledged: LSN
  /// The position last reported to the server as durable: the slot's `confirmed_flush_lsn`, once it
  /// arrives.
  public let reportedFlush: LSN
  /// The end of what the server has decoded, by its latest keepalive.
  public let serverWALEnd: LSN
  /// When the last byte arrived, by our clock; `nil` if none has.
  public let lastServerMessage: PostgresTimestamp?
  /// The commit time of the last transaction that the consumer has taken.
  public let lastCommitTime: PostgresTimestamp?
  /// Up to here the consumer has taken every message, of transactions in progress too.
  var taken = LSN.zero
  /// Whether reading is stopped now because the consumer is behind.
  var isReadingStopped = false
  /// The longest time between two reports.
  var reportInterval = Duration.zero
  /// When which position was reached.
  var histories = PositionHistories()
  /// When these statistics were taken.
  var now = MonotonicTime(nanoseconds: 0)

  /// Bytes of WAL from the acknowledged position to the server's end, as far as that is known here.
  ///
  /// The end comes with keepalives, which wait behind the data: while reading is stopped because
  /// the consumer is behind, the server may have much more. ``Subscription/lag()`` asks
  /// the server.
  public var lagBytes: UInt64 {
    max(received, serverWALEnd).bytes(since: max(acknowledged, reportedFlush))
  }

  /// Bytes of WAL that have been received but not taken by the consumer.
  public var undeliveredBytes: UInt64 {
    received.bytes(since: max(delivered, taken, reportedFlush))
  }

  /// Bytes of WAL that the consumer has taken but not acknowledged.
  public var unacknowledgedBytes: UInt64 {
    delivered.bytes(since: max(acknowledged, reportedFlush))
  }

  /// Bytes of WAL that are acknowledged but not yet reported to the server as durable.
  public var unreportedBytes: UInt64 { acknowledged.bytes(since: reportedFlush) }

  /// How old the last delivered transaction is while others wait behind it; zero if none does.
  ///
  /// - Parameter now: The time of our clock, which should agree with the server's.
  public func lag(at now: PostgresTimestamp = .now()) -> Duration {
    guard lagBytes > 0, let lastCommitTime, lastCommitTime.isFinite, now > lastCommitTime else {
      return .zero
    }
    return .microseconds(now.microseconds(since: lastCommitTime))
  }
}

extension Duplex {
  /// Statistics of the stream.
  ///
  /// Can be read at any time, from any task.
  public var statistics: StreamStatistics {
    func time(_ microseconds: Int64) -> PostgresTimestamp? {
      microseconds == Int64.min ? nil : PostgresTimestamp(microseconds: microseconds)
    }
    return StreamStatistics(
      bytesReceived: counters.bytesReceived.load(ordering: .relaxed),
      messagesReceived: counters.messagesReceived.load(ordering: .relaxed),
      eventsDelivered: counters.eventsDelivered.load(ordering: .relaxed),
      bytesBuffered: pool.bytesInUse,
      timeStopped: .nanoseconds(counters.nanosecondsStopped.load(ordering: .relaxed)),
      feedbackSent: counters.feedbackSent.load(ordering: .relaxed),
      received: LSN(rawValue: counters.received.load(ordering: .relaxed)),
      delivered: LSN(rawValue: counters.delivered.load(ordering: .relaxed)),
      acknowledged: LSN(rawValue: counters.acknowledged.load(ordering: .relaxed)),
      reportedFlush: LSN(rawValue: counters.reportedFlush.load(ordering: .relaxed)),
      serverWALEnd: LSN(rawValue: counters.walEnd.load(ordering: .relaxed)),
      lastServerMessage: time(counters.lastHeard.load(ordering: .relaxed)),
      lastCommitTime: time(counters.lastCommitTime.load(ordering: .relaxed)),
      taken: LSN(rawValue: counters.taken.load(ordering: .relaxed)),
      isReadingStopped: counters.isStopped.load(ordering: .relaxed),
      reportInterval: reportInterval, histories: counters.histories.withLock { $0 }, now: .now())
  }

  /// Takes in where the server's log ends, as the server has just said.
  package func note(_ health: SlotHealth) {
    let now = MonotonicTime.now()
    counters.histories.withLock { $0.noteServerEnd(health.currentLSN, at: now) }
  }
}
