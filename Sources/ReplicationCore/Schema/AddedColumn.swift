public import PGOutput

/// A column that was added to a table, and what the rows have in it that were there before.
public struct AddedColumn: Hashable, Sendable {
  /// The column as the stream has it.
  public let column: Relation.Column
  /// What the rows of before have in it.
  public let earlierValue: EarlierValue
}

/// What rows have in a column that was added after them.
///
/// The stream does not send them again, so that a copy of the table has nothing there.
@nonexhaustive public enum EarlierValue: Hashable, Sendable {
  /// All have this value: the text that the server prints for it, as the stream does.
  case value(String)
  /// All have NULL.
  case null
  /// Their values have to be read from the table.
  case unknown(UnknownReason)

  /// Why the catalogue does not have the value.
  @nonexhaustive public enum UnknownReason: Hashable, Sendable {
    /// The table's file was replaced since the table was created: by the column itself, if each row
    /// got a value of its own (a volatile default, an identity), or by TRUNCATE, VACUUM FULL,
    /// CLUSTER or ALTER TABLE, after which the catalogue no longer has the value.
    case rewritten
    /// The column is generated: each row has a value of its own.
    case generated
    /// Partitions have different values.
    case differsBetweenPartitions
    /// A publication has a list of columns for the table, so that the column may be an old one that
    /// the list did not have before.
    case columnList
    /// The table has no column of this name and type now: it was renamed, dropped or altered since,
    /// or the transaction that added it is not visible to other sessions yet.
    case notFound
  }
}

extension EarlierValue.UnknownReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .rewritten:
      "the table was rewritten, so that each row may have a value of its own"
    case .generated: "the column is generated, so that each row has a value of its own"
    case .differsBetweenPartitions: "partitions have different values"
    case .columnList:
      "a publication has a list of columns for the table, so that the column may be an old one"
    case .notFound:
      "the table has no column of this name and type now (it was renamed, dropped or altered "
        + "since), or other sessions don't see it yet"
    }
  }
}
