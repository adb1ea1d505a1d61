/// How a stream is run for its kind of consumer.
package struct StreamTuning: Sendable {
  /// Which part of the byte budget is read ahead of the consumer.
  var readAheadShare = 8
  /// Bytes that are read from the socket into one piece of memory.
  var segmentSize = 1 << 18
  /// Whether the stream's thread confirms to a server that asks that everything delivered is done,
  /// once all of it is acknowledged; otherwise the consumer does.
  var confirmsRequests = true
  /// Whether messages of pgoutput that come in an impossible order are an error.
  var checksOrder = true

  /// For a consumer of events.
  package static let events = StreamTuning()
  /// For a consumer of events from a server that repeats a recording, whose positions go back.
  package static let recording = StreamTuning(checksOrder: false)
  /// For a subscription, which takes longer for each message, and checks their order itself.
  static let subscription = StreamTuning(
    readAheadShare: 12, segmentSize: 1 << 16, confirmsRequests: false)
  /// For a subscription to a recording.
  package static let recordedSubscription = StreamTuning(
    readAheadShare: 12, segmentSize: 1 << 16, confirmsRequests: false, checksOrder: false)

  /// Bytes that are read ahead of the consumer.
  func readAhead(of byteBudget: Int) -> Int { max(byteBudget / readAheadShare, 1 << 12) }
}
