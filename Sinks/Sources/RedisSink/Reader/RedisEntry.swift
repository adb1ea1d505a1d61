public import ChangeSinks

/// An entry of a stream, as a record.
public struct RedisEntry: Hashable, Sendable {
  /// The topic: the stream's name without the prefix.
  public let topic: String
  /// The place of the record, which is the entry's id.
  public let position: SinkPosition
  /// The key; `nil` if it has none.
  public let key: [UInt8]?
  /// The value; `nil` for a tombstone.
  public let value: [UInt8]?

  /// An entry.
  public init(topic: String, position: SinkPosition, key: [UInt8]?, value: [UInt8]?) {
    self.topic = topic
    self.position = position
    self.key = key
    self.value = value
  }
}

extension RedisEntry {
  /// Reads an entry as `XRANGE` returns it: its id, and its fields and values in turn.
  ///
  /// `nil` if it is not one that an engine has written.
  init?(_ reply: RedisReply, of topic: String, _ names: RedisFieldNames) {
    guard let parts = reply.elements, parts.count == 2, let id = parts[0].text,
      let position = SinkPosition(streamID: id), let fields = parts[1].elements,
      fields.count.isMultiple(of: 2)
    else { return nil }
    var (key, value): ([UInt8]?, [UInt8]?) = (nil, nil)
    var isTombstone = false
    for index in stride(from: 0, to: fields.count, by: 2) {
      guard let name = fields[index].text else { return nil }
      switch name {
      case names.key: key = fields[index + 1].bytes
      case names.value: value = fields[index + 1].bytes
      case names.tombstone: isTombstone = true
      default: return nil
      }
    }
    guard isTombstone == (value == nil) else { return nil }
    self.init(topic: topic, position: position, key: key, value: value)
  }
}
