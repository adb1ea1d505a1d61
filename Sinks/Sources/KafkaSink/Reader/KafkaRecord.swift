public import ChangeSinks

/// A record that was read from Kafka.
public struct KafkaRecord: Hashable, Sendable {
  /// The topic's name.
  public let topic: String
  /// The number of the partition.
  public let partition: Int32
  /// The record's place in the partition.
  public let offset: Int64
  /// The key; `nil` if it has none.
  public let key: [UInt8]?
  /// The value; `nil` for a tombstone.
  public let value: [UInt8]?
  /// The record's place in the stream of changes, from the header `pgcdc.position`; `nil` if it
  /// has no such header.
  public let position: SinkPosition?
}
