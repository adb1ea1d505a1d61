internal import ChangeFormats
internal import ChangeSinks
internal import PGWire

/// Writes into a stream, each message with the number of the one before it.
///
/// JetStream refuses a message whose predecessor is another one. So nothing is stored behind a
/// message that was lost, and nothing that another writer sends once this one has written.
///
/// The last message of each batch is the checkpoint, with the place of the last record. After an
/// error the writer is of no use any more.
///
/// Headers: <https://docs.nats.io/nats-concepts/jetstream/headers>
final class StreamWriter {
  private let link: NATSLink
  private let names: StreamNames
  private let slot: String
  private let maxPending: Int
  private let allowsRollup: Bool
  private let hasMaxAge: Bool
  /// The number of the last message that was published.
  private var last: UInt64
  /// How many messages are not acknowledged yet.
  private var pending = 0
  private var checkpoint: [UInt8]
  private var position: SinkPosition?
  private var subjects: [String: String] = [:]
  /// The client library keeps 65,536 answers that were not taken yet, and drops more.
  private static let mostPending = 50_000

  /// Whether the stream's last message was another than expected.
  private(set) var isOutrun = false

  init(
    _ link: NATSLink, _ names: StreamNames, slot: String, after info: StreamInfo, _ end: StreamEnd,
    maxPending: Int
  ) {
    self.link = link
    self.names = names
    self.slot = slot
    self.maxPending = min(max(1, maxPending), Self.mostPending)
    allowsRollup = info.allowsRollup
    hasMaxAge = info.hasMaxAge
    last = info.lastSequence
    checkpoint = end.checkpoint
    position = end.position
  }

  /// Writes a batch, and waits until it is stored.
  ///
  /// - Parameter checkpoint: An encoded one; `nil` to store the one before again, so that the
  ///   stream's limits don't remove it.
  func write(_ batch: EventBatch, _ checkpoint: [UInt8]?) throws(SinkError) {
    try batch.forEachRecord { (position, topic, record) throws(SinkError) in
      try write(record, at: position, topic)
    }
    position = batch.lastPosition ?? position
    try store(checkpoint ?? self.checkpoint)
  }

  /// Stores a checkpoint, and waits until all is stored.
  func store(_ checkpoint: [UInt8]) throws(SinkError) {
    self.checkpoint = checkpoint
    var headers = [(name: RecordHeader.slot, value: slot)]
    if let position { headers.append((name: RecordHeader.position, value: "\(position)")) }
    if allowsRollup { headers.append((name: RecordHeader.rollup, value: "sub")) }
    if hasMaxAge { headers.append((name: RecordHeader.timeToLive, value: "never")) }
    try publish(to: names.checkpoint, checkpoint.span, headers)
    try takeAnswers(downTo: 0)
  }

  /// Stores again what is stored: earlier writers of the stream can't write any more.
  func claim() throws(SinkError) {
    try store(checkpoint)
  }

  private func write(
    _ record: ChangeRecord, at position: SinkPosition, _ topic: RecordTopic
  ) throws(SinkError) {
    let subject = self.subject(for: topic.name)
    let place = "\(position)"
    var headers = [
      (name: RecordHeader.id, value: place), (name: RecordHeader.position, value: place),
    ]
    switch record {
    case .event(nil, let value):
      try publish(to: subject, value, headers)
    case .event(let key?, let value):
      headers.append(RecordHeader.forKey(key))
      try publish(to: subject, value, headers)
    case .tombstone(let key):
      headers.append(RecordHeader.forKey(key))
      headers.append((name: RecordHeader.tombstone, value: "1"))
      let nothing: [UInt8] = []
      try publish(to: subject, nothing.span, headers)
    }
    if pending >= maxPending { try takeAnswers(downTo: maxPending / 2) }
  }

  private func subject(for topic: String) -> String {
    if let known = subjects[topic] { return known }
    let subject = names.subject(for: topic)
    subjects[topic] = subject
    return subject
  }

  private func publish(
    to subject: String, _ payload: Span<UInt8>, _ headers: [(name: String, value: String)]
  ) throws(SinkError) {
    var headers = headers
    headers.append((name: RecordHeader.expectedLast, value: "\(last)"))
    try link.publish(to: subject, payload, headers: headers, number: last &+ 1)
    last &+= 1
    pending += 1
  }
}

// MARK: - Acknowledgements

extension StreamWriter {
  private func takeAnswers(downTo count: Int) throws(SinkError) {
    while pending > count {
      let answer = try link.nextAnswer()
      try take(answer.payload, to: answer.subject)
      pending -= 1
    }
  }

  /// - Parameter subject: It ends with the number that the message has to have.
  private func take(_ payload: [UInt8], to subject: String) throws(SinkError) {
    let answer = JSONValue(payload) ?? .null
    let what = "writing into the stream \(names.stream)"
    if let failure = APIFailure(answer) {
      isOutrun = failure.number == APIFailure.wrongLastSequence
      throw SinkError(failure, of: link.engine, while: what)
    }
    guard let number = UInt64(subject.dropFirst(link.inbox.count + 1)),
      let ack = PubAck(answer), ack.stream == names.stream
    else {
      throw SinkError(
        engine: link.engine, .transient, "\(what) failed: an acknowledgement can't be read")
    }
    guard !ack.isDuplicate else {
      throw SinkError(
        engine: link.engine, .transient,
        "\(what) failed: it has had message \(ack.sequence) with the same id; if that was deleted, "
          + "it can be written again after the duplicate window")
    }
    guard ack.sequence == number else {
      isOutrun = true
      throw SinkError(
        engine: link.engine, .transient,
        "\(what) failed: message \(number) was stored as \(ack.sequence)")
    }
  }
}
