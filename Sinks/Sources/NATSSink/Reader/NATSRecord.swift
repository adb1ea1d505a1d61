public import ChangeSinks

/// A record as a stream has it.
public struct NATSRecord: Hashable, Sendable {
  /// The message's number in the stream.
  public let sequence: UInt64
  /// The message's subject.
  public let subject: String
  /// The place of the record; `nil` for a message of somebody else.
  public let position: SinkPosition?
  /// The record's key; `nil` if it has none.
  public let key: [UInt8]?
  /// The record's value; `nil` for a tombstone.
  public let value: [UInt8]?

  init(_ message: borrowing NATSMessage, sequence: UInt64) {
    self.sequence = sequence
    subject = message.subject
    position = message.position
    key = message.key
    value = message.isTombstone ? nil : message.payload
  }
}
