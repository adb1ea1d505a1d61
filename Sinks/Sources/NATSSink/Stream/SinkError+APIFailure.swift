internal import ChangeSinks
internal import PGWire

extension SinkError {
  /// What has failed, from an answer of JetStream.
  init(_ failure: APIFailure, of engine: String, while what: String) {
    let (category, advice) = Self.meaning(of: failure)
    self.init(engine: engine, category, "\(what) failed: \(failure.description)\(advice)")
  }

  private static func meaning(of failure: APIFailure) -> (ErrorCategory, String) {
    switch failure.number {
    case APIFailure.wrongLastSequence:
      (
        .transient,
        "; a message was lost with the stream's leader, or another connector writes into the stream"
      )
    case APIFailure.storeFailed:
      (
        .needsOperator,
        "; if the stream is full, raise its limits, or let it discard the oldest messages"
      )
    case APIFailure.messageTooLarge:
      (.needsOperator, "; raise the stream's max_msg_size")
    // Of a server that is overloaded, without a leader, or out of resources.
    case _ where [408, 429, 503].contains(failure.code): (.transient, "")
    default: (.needsOperator, "")
    }
  }
}
