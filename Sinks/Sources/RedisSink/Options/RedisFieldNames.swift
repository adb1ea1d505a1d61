/// The names of the fields that entries have.
///
/// An event has a field for its value, and one for its key if it has a key. A tombstone has its key
/// and, in place of a value, the field ``tombstone`` with the value `1`.
public struct RedisFieldNames: Hashable, Sendable {
  /// The key of a record.
  public var key: String
  /// The value of a record.
  public var value: String
  /// What marks a tombstone.
  public var tombstone: String

  /// Names for the three fields.
  public init(key: String = "key", value: String = "value", tombstone: String = "tombstone") {
    self.key = key
    self.value = value
    self.tombstone = tombstone
  }
}
