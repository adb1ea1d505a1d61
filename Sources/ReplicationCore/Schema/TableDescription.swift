/// What the database's catalog says about a table and the stream does not.
///
/// The stream describes columns and the replica identity; these facts are asked for separately,
/// with ``Subscription/describeTables(_:)``. They are those of the moment of the question, and the
/// stream may be behind.
public struct TableDescription: Hashable, Codable, Sendable {
  /// The table's oid: `Relation.oid`.
  public let oid: UInt32
  /// The names of the primary key's columns, in the key's order; empty without a primary key.
  public let primaryKey: [String]
  /// The columns, in the table's order; published or not.
  public let columns: [Column]

  /// One column.
  public struct Column: Hashable, Codable, Sendable {
    /// The column's name.
    public let name: String
    /// Whether it is declared NOT NULL, which the columns of a primary key always are.
    public let isNotNull: Bool
    /// The SQL of its default: `'new'::text`; `nil` without one, and for generated columns.
    public let defaultExpression: String?

    /// A column with these facts.
    public init(name: String, isNotNull: Bool, defaultExpression: String?) {
      self.name = name
      self.isNotNull = isNotNull
      self.defaultExpression = defaultExpression
    }
  }

  /// A table with these facts.
  public init(oid: UInt32, primaryKey: [String], columns: [Column]) {
    self.oid = oid
    self.primaryKey = primaryKey
    self.columns = columns
  }
}
