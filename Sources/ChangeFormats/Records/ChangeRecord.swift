/// A record for a log such as Kafka's: what `OutputBuffer.forEachRecord` passes.
///
/// The bytes borrow the buffer; copy what must outlive the call.
public enum ChangeRecord: ~Escapable {
  /// An event; the key is `nil` if its table has none, and for events that aren't of a row.
  case event(key: Span<UInt8>?, value: Span<UInt8>)
  /// A key without a value: the row is gone, and a log that is compacted may forget it.
  case tombstone(key: Span<UInt8>)
}

/// A header of a record: what Debezium gives the records of a change of a key, and no others.
///
/// The bytes borrow the buffer; copy what must outlive the call.
///
/// Debezium:
/// <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-primary-key-updates>
public enum RecordHeader: ~Escapable {
  /// `__debezium.newkey`, of the deletion and its tombstone: the key that the row has from now on.
  case newKey(Span<UInt8>)
  /// `__debezium.oldkey`, of the insertion: the key that the row had before.
  case oldKey(Span<UInt8>)

  /// The header's name in Debezium's records.
  public var name: String {
    switch self {
    case .newKey: "__debezium.newkey"
    case .oldKey: "__debezium.oldkey"
    }
  }
}

/// Where a record goes: a topic of Kafka, a subject of NATS, a stream of Redis.
public struct RecordTopic: Hashable, Sendable {
  /// A number from 0 on, in the order in which a buffer has met its topics.
  ///
  /// It stays the same for the buffer's life, so that what belongs to a topic can be in an array.
  public let number: Int
  /// The name.
  public let name: String
}
