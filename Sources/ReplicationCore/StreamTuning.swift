/// How a stream is run for the one that consumes it.
struct StreamTuning: Sendable {
  /// Which part of the byte budget is read ahead of the consumer.
  var readAheadShare: Int
  /// Bytes that are read from the socket into one piece of memory.
  var segmentSize: Int
  /// Whether the stream's thread tells a server that asks that everything delivered is done, once
  /// all of it is acknowledged; otherwise the consumer does.
  var confirmsRequests: Bool

  /// For a consumer of events.
  static let events = StreamTuning(
    readAheadShare: 8, segmentSize: 1 << 18, confirmsRequests: true)
  /// For a subscription, which takes longer for each message.
  static let subscription = StreamTuning(
    readAheadShare: 16, segmentSize: 1 << 17, confirmsRequests: false)

  /// Bytes that are read ahead of the consumer.
  func readAhead(of byteBudget: Int) -> Int { max(byteBudget / readAheadShare, 1 << 12) }
}
