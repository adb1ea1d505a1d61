internal import CDCTime
internal import PGWire
internal import Synchronization

/// Counters of both sides of a stream; each side writes its own.
final class StreamCounters: Sendable {
  // Written by the stream's thread.
  let bytesReceived = Atomic<Int>(0)
  let messagesReceived = Atomic<Int>(0)
  let feedbackSent = Atomic<Int>(0)
  let received = Atomic<UInt64>(0)
  let walEnd = Atomic<UInt64>(0)
  let reportedFlush = Atomic<UInt64>(0)
  let lastHeard = Atomic<Int64>(Int64.min)
  /// The server's time when the stream began.
  let serverTime = Atomic<Int64>(Int64.min)
  let nanosecondsStopped = Atomic<Int64>(0)
  /// Whether reading is stopped because the consumer is behind.
  let isStopped = Atomic<Bool>(false)
  /// When which position was received, and where the server's log ended when it was asked.
  let histories = Lock(PositionHistories())
  // Written by the consumer.
  let eventsDelivered = Atomic<Int>(0)
  let delivered = Atomic<UInt64>(0)
  /// Up to here every message has been taken.
  let taken = Atomic<UInt64>(0)
  let lastCommitTime = Atomic<Int64>(Int64.min)
  let acknowledged = Atomic<UInt64>(0)
}
