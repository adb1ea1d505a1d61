internal import ChangeSinks

/// The headers of the messages in a stream.
enum RecordHeader {
  /// The record's place; JetStream stores a message of the same id once.
  static let id = "Nats-Msg-Id"
  /// The number of the message before it: if that is another, the message is refused.
  static let expectedLast = "Nats-Expected-Last-Sequence"
  /// Removes the earlier messages on the subject.
  static let rollup = "Nats-Rollup"
  /// How long the message is kept, if that is not the stream's time.
  static let timeToLive = "Nats-TTL"
  /// The place of the record; with a checkpoint, that of the last record before it.
  static let position = "Pgcdc-Position"
  /// The key, if it is plain text.
  static let key = "Pgcdc-Key"
  /// The key in base64, if it is not.
  static let encodedKey = "Pgcdc-Key-Base64"
  /// That the record is a tombstone.
  static let tombstone = "Pgcdc-Tombstone"
  /// The slot, with a checkpoint.
  static let slot = "Pgcdc-Slot"

  /// The header for a key.
  ///
  /// Not all clients read characters outside of ASCII in a header, or keep spaces around a value.
  static func forKey(_ key: Span<UInt8>) -> (name: String, value: String) {
    let bytes = unsafe key.withUnsafeBufferPointer { unsafe Array($0) }
    let isPlain =
      bytes.allSatisfy { (0x20..<0x7F).contains($0) } && bytes.first != 0x20
      && bytes.last != 0x20 && !bytes.isEmpty
    if isPlain { return (Self.key, String(decoding: bytes, as: UTF8.self)) }
    return (encodedKey, Base64.encode(bytes))
  }
}

extension NATSMessage {
  /// The place that the message has; `nil` without one.
  var position: SinkPosition? { header(RecordHeader.position).flatMap { SinkPosition($0) } }

  /// The key of the record; `nil` without one.
  var key: [UInt8]? {
    if let text = header(RecordHeader.key) { return Array(text.utf8) }
    return header(RecordHeader.encodedKey).flatMap { Base64.decode($0) }
  }

  /// Whether the record is a tombstone.
  var isTombstone: Bool { header(RecordHeader.tombstone) == "1" }
}
