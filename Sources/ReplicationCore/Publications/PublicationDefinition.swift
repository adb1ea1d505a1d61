internal import PGWire

/// The definition of a publication.
///
///     var publication = PublicationDefinition("p", tables: [PublicationTable("orders")])
///     publication.operations = [.insert, .update]
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/sql-createpublication.html>
public struct PublicationDefinition: Hashable, Sendable {
  /// Its exact name.
  public var name: String
  /// The tables.
  public var tables: [PublicationTable]
  /// The schemas of which all tables are in it.
  ///
  /// Since server 15.
  public var schemas: [String]
  /// Whether all tables of the database are in it, including later ones.
  public var isForAllTables = false
  /// The kinds of changes that it publishes.
  public var operations = Set(PublicationOperation.allCases)
  /// Whether changes of partitions are published as changes of their root.
  public var publishesViaPartitionRoot = false
  /// Whether stored generated columns are published without being named; `nil` for the server's
  /// default.
  ///
  /// Since server 18.
  public var publishesGeneratedColumns: Bool?

  /// A publication of tables and schemas; without any it is empty, or for all tables if
  /// ``isForAllTables`` is set.
  ///
  /// - Parameter schemas: The schemas of which all tables are in it, since server 15.
  public init(_ name: String, tables: [PublicationTable] = [], schemas: [String] = []) {
    self.name = name
    self.tables = tables
    self.schemas = schemas
  }
}

/// A table in a publication.
public struct PublicationTable: Hashable, Sendable {
  /// The table's schema.
  public var schema: String
  /// The table's exact name.
  public var name: String
  /// The columns that are published; `nil` for all.
  ///
  /// Since server 15.
  public var columns: [String]?
  /// Which rows are published: an SQL expression, which is sent to the server unchanged.
  ///
  /// Since server 15. It is compared, as text, with the server's form of it.
  public var rowFilter: String?

  /// A table, with all of its columns and rows by default.
  ///
  /// - Parameters:
  ///   - columns: The columns that are published, since server 15; `nil` for all.
  ///   - rowFilter: The rows that are published, as an SQL expression, since server 15; `nil` for
  ///     all.
  public init(
    _ name: String, schema: String = "public", columns: [String]? = nil, rowFilter: String? = nil
  ) {
    self.schema = schema
    self.name = name
    self.columns = columns
    self.rowFilter = rowFilter
  }
}

extension PublicationDefinition {
  /// Checks that a server can have such a publication.
  func check(server: Int) throws(ReplicationError) {
    func require(_ version: Int, _ feature: String) throws(ReplicationError) {
      guard server < version else { return }
      throw .requiresServer(feature: feature, since: version, found: server)
    }
    if !schemas.isEmpty { try require(15, "a publication of schemas") }
    if tables.contains(where: { $0.columns != nil }) { try require(15, "a column list") }
    if tables.contains(where: { $0.rowFilter != nil }) { try require(15, "a row filter") }
    if publishesGeneratedColumns != nil { try require(18, "publishing generated columns") }
    if isForAllTables, !tables.isEmpty || !schemas.isEmpty {
      throw .invalidParameter("a publication for all tables can't name tables or schemas")
    }
    if operations.isEmpty { throw .invalidParameter("a publication has to publish something") }
  }

  /// `CREATE PUBLICATION …`.
  func creation() throws(ReplicationError) -> SQL {
    let name = try Identifier(name)
    if isForAllTables {
      return "CREATE PUBLICATION \(name) FOR ALL TABLES WITH (\(try options()))"
    }
    let members = try members()
    return members.isEmpty
      ? "CREATE PUBLICATION \(name) WITH (\(try options()))"
      : "CREATE PUBLICATION \(name) FOR \(members) WITH (\(try options()))"
  }

  /// `ALTER PUBLICATION …`, as many as are needed.
  func alteration(of found: PublicationState) throws(ReplicationError) -> [SQL] {
    let name = try Identifier(name)
    var commands: [SQL] = ["ALTER PUBLICATION \(name) SET (\(try options()))"]
    guard !isForAllTables else {
      if let all = found.publication.allTables, !found.publication.excludedTables.isEmpty {
        commands.append("ALTER PUBLICATION \(name) SET \(all)")
      }
      return commands
    }
    let members = try members()
    if !members.isEmpty {
      commands.append("ALTER PUBLICATION \(name) SET \(members)")
    } else if !found.tables.isEmpty || !found.schemas.isEmpty {
      var leaving: [SQL] = []
      for table in found.tables { leaving.append("TABLE \(try table.qualified())") }
      for schema in found.schemas { leaving.append("TABLES IN SCHEMA \(try Identifier(schema))") }
      commands.append("ALTER PUBLICATION \(name) DROP \(leaving)")
    }
    return commands
  }

  private func members() throws(ReplicationError) -> [SQL] {
    var members: [SQL] = []
    for table in tables { members.append(try table.member()) }
    for schema in schemas { members.append("TABLES IN SCHEMA \(try Identifier(schema))") }
    return members
  }

  private func options() throws(ReplicationError) -> SQL {
    let words = PublicationOperation.allCases.filter { operations.contains($0) }
    let publish = try Literal(words.map(\.rawValue).joined(separator: ", "))
    let root: StaticString = publishesViaPartitionRoot ? "true" : "false"
    guard let generated = publishesGeneratedColumns else {
      return "publish = \(publish), publish_via_partition_root = \(root)"
    }
    let kind: StaticString = generated ? "stored" : "none"
    return """
      publish = \(publish), publish_via_partition_root = \(root), \
      publish_generated_columns = \(kind)
      """
  }
}

extension PublicationTable {
  func qualified() throws(ReplicationError) -> SQL {
    "\(try Identifier(schema)).\(try Identifier(name))"
  }

  fileprivate func member() throws(ReplicationError) -> SQL {
    var text: SQL = "TABLE ONLY \(try qualified())"
    if let columns {
      var names: [SQL] = []
      for column in columns { names.append("\(try Identifier(column))") }
      text = "\(text) (\(names))"
    }
    if let rowFilter { text = "\(text) WHERE (\(callersSQL: rowFilter))" }
    return text
  }
}
