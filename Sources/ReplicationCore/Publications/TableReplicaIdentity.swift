/// The columns that identify the old row of an UPDATE or DELETE: a table's replica identity.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY>
@nonexhaustive public enum TableReplicaIdentity: Hashable, Sendable {
  /// The primary key, if there is one.
  case `default`
  /// The columns of an index, by its name.
  case index(String)
  /// All columns; old rows are sent whole.
  case full
  /// None.
  case nothing
}

extension TableReplicaIdentity: CustomStringConvertible {
  public var description: String {
    switch self {
    case .default: "default"
    case .index(let name): "index \(Identifier.quote(name))"
    case .full: "full"
    case .nothing: "nothing"
    }
  }
}

/// A table that a publication covers, with the facts that matter for a stream of its changes.
public struct PublishedTable: Hashable, Sendable {
  /// The publication.
  public let publication: String
  /// The table's schema.
  public let schema: String
  /// The table's name.
  public let name: String
  /// Its replica identity.
  public let identity: TableReplicaIdentity
  /// The columns that it consists of; empty for ``TableReplicaIdentity/full``.
  public let identityColumns: [String]
  /// The columns that are published; `nil` for all.
  ///
  /// Since server 15.
  public let columns: [String]?
  /// Columns of the identity that the column list leaves out.
  public let identityColumnsLeftOut: [String]
  /// The row filter, as SQL.
  ///
  /// Since server 15.
  public let rowFilter: String?
  /// Columns that the row filter reads and that are not part of the identity.
  ///
  /// Columns in a column list of the same publication are not included.
  public let filterColumnsBeyondIdentity: [String]
  /// Published columns whose values may be stored out of line.
  public let toastColumns: [String]
  /// Generated columns that are not published.
  public let generatedColumns: [String]
  /// Columns of array types that can't be sent in binary: they end a stream that asks for it.
  public let textOnlyArrays: [String]
  /// Whether this role may read the table, as a snapshot does.
  public let isReadable: Bool
  /// Whether its updates or deletes are published.
  public let publishesOldRows: Bool

  /// The name for SQL, quoted.
  public var qualifiedName: String { "\(Identifier.quote(schema)).\(Identifier.quote(name))" }
}

extension PublishedTable {
  /// The effects of the replica identity.
  @nonexhaustive public enum Judgement: Hashable, Sendable {
    /// Updates and deletes are sent with the columns needed to find the row.
    case fine
    /// UPDATE and DELETE fail on the server (SQLSTATE 55000), since nothing identifies the old row.
    case changesFail
    /// UPDATE and DELETE fail on the server (42P10): the column list leaves identity columns out.
    case columnListTooShort([String])
    /// UPDATE and DELETE fail on the server (42P10): the row filter reads other columns than the
    /// identity's.
    case rowFilterBeyondIdentity([String])
    /// Updates don't contain the values of these columns if they have not changed.
    case unchangedMissing([String])
  }

  /// The effects of the replica identity on updates and deletes of this publication.
  public var judgement: Judgement {
    guard publishesOldRows else { return .fine }
    if identity != .full, identityColumns.isEmpty { return .changesFail }
    if !identityColumnsLeftOut.isEmpty { return .columnListTooShort(identityColumnsLeftOut) }
    if !filterColumnsBeyondIdentity.isEmpty {
      return .rowFilterBeyondIdentity(filterColumnsBeyondIdentity)
    }
    if identity != .full {
      let missing = toastColumns.filter { !identityColumns.contains($0) }
      if !missing.isEmpty { return .unchangedMissing(missing) }
    }
    return .fine
  }
}
