public import PGOutput

/// A column that was added to a table, and its value in the rows that existed before.
public struct AddedColumn: Hashable, Sendable {
  /// The column as in the stream.
  public let column: Relation.Column
  /// Its value in the rows that existed before.
  public let earlierValue: EarlierValue
}

/// The value of an added column in rows that existed before it.
///
/// The stream does not send these rows again, so a copy of the table has no value for them.
@nonexhaustive public enum EarlierValue: Hashable, Sendable {
  /// All rows have this value, in text form, as in the stream.
  case value(String)
  /// All rows have NULL.
  case null
  /// The values have to be read from the table.
  case unknown(UnknownReason)

  /// Why the value is not in the catalog.
  @nonexhaustive public enum UnknownReason: Hashable, Sendable {
    /// The table's file was replaced since the table was created: by the column itself, if each row
    /// got a value of its own (a volatile default, an identity), or by TRUNCATE, VACUUM FULL,
    /// CLUSTER or ALTER TABLE, after which the catalog no longer has the value.
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
