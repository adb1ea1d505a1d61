internal import ChangeSinks
internal import PGWire

/// What a stream has at its end: the stored checkpoint, and how far its records go.
///
///     … record  record  checkpoint  record  record        a batch that was not written to its end
///                           └─ its own place in the stream of changes, and that of the last record
struct StreamEnd: Sendable {
  /// The stored checkpoint; empty if none was stored yet.
  private(set) var checkpoint: [UInt8] = []
  /// The place of the last record; `nil` if there is none.
  private(set) var position: SinkPosition?
  /// Whether the stream's last message is gone.
  private(set) var isTailMissing = false

  /// The most messages behind the checkpoint that are looked at: more than a batch has.
  private static let maxSteps: UInt64 = 100_000

  /// Reads the end of a stream.
  ///
  /// - Parameter last: The number of the stream's last message.
  /// - Throws: If the stream has no checkpoint though it has had messages, or is another slot's.
  init(
    of names: StreamNames, slot: String, last: UInt64, _ link: NATSLink
  ) throws(SinkError) {
    guard last > 0 else { return }
    let tail = try Self.message(last, names, link)
    let isCheckpoint = tail?.subject == names.checkpoint
    let stored = if isCheckpoint { tail } else { try Self.lastCheckpoint(names, link) }
    guard let found = stored else {
      throw SinkError(
        engine: link.engine, .needsOperator,
        "the stream \(names.stream) has had messages and has no stored checkpoint: it was purged, "
          + "its limits have removed it, or it is not the connector's; what the stream has can't "
          + "be continued, so delete it to begin again, or name another stream")
    }
    guard found.slot == slot else {
      throw SinkError(
        engine: link.engine, .needsOperator,
        "the stream \(names.stream) is that of the slot \(found.slot ?? "(unknown)"), not of "
          + "\(slot); name another stream")
    }
    checkpoint = found.payload
    position = found.position
    isTailMissing = tail == nil
    try findLastRecord(after: found, upTo: last, tail, names, link)
  }

  /// Looks for the last record behind the checkpoint; messages of others are passed over.
  private mutating func findLastRecord(
    after checkpoint: Message, upTo last: UInt64, _ tail: Message?, _ names: StreamNames,
    _ link: NATSLink
  ) throws(SinkError) {
    var number = last
    while number > checkpoint.sequence {
      let message = try number == last ? tail : Self.message(number, names, link)
      if let place = message?.position, position.map({ place > $0 }) ?? true {
        position = place
        return
      }
      number -= 1
      guard last - number < Self.maxSteps else {
        throw SinkError(
          engine: link.engine, .needsOperator,
          "the stream \(names.stream) has many messages of others, or gaps, behind message "
            + "\(checkpoint.sequence), and no record among them; only the connector may write "
            + "into it"
        )
      }
    }
  }

  /// What is of interest of a message.
  private struct Message: Hashable {
    let subject: String
    let sequence: UInt64
    let position: SinkPosition?
    let slot: String?
    let payload: [UInt8]

    init(_ message: borrowing NATSMessage) {
      subject = message.subject
      sequence = message.sequence
      position = message.position
      slot = message.header(RecordHeader.slot)
      payload = message.payload
    }
  }

  private static func message(
    _ number: UInt64, _ names: StreamNames, _ link: NATSLink
  ) throws(SinkError) -> Message? {
    guard let found = try link.message(number, of: names.stream) else { return nil }
    return Message(found)
  }

  private static func lastCheckpoint(
    _ names: StreamNames, _ link: NATSLink
  ) throws(SinkError) -> Message? {
    guard let found = try link.lastMessage(on: names.checkpoint, of: names.stream) else {
      return nil
    }
    return Message(found)
  }
}
