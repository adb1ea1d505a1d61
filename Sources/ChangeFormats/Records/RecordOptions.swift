public import PGOutput

/// What records are, where an ``OutputBuffer`` keeps them.
public struct RecordOptions: Sendable {
  /// The names of topics.
  public var topics: TopicNaming

  /// Whether a deletion is followed by a tombstone: a record with the key and without a value.
  ///
  /// The old key is given up with one too, if an update changes the key. Records without a key have
  /// no tombstones.
  public var hasTombstones = true

  /// The columns of a table's key, in the key's order: Debezium's `message.key.columns`.
  ///
  /// It is called once for each shape of a table. `nil` is the default: the primary key, where
  /// ``ChangeFormat/describe(_:)`` has said it and old rows have it, or else the columns of the
  /// replica identity; none with the identity `FULL`. An empty list means that records have no key.
  public var keyColumns: @Sendable (Relation) -> [String]? = { _ in nil }

  /// Debezium's names with this prefix, tombstones, and the tables' own keys.
  public init(prefix: String = "") {
    topics = TopicNaming(prefix: prefix)
  }
}
