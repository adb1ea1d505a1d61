public import PGOutput

/// A table of a ``TestDatabase``.
///
///     let orders = TestTable(
///       "orders", columns: [.key("id", .int8), .column("item", .text), .large("note", .text)])
public struct TestTable: Hashable, Sendable {
  /// A column of a table.
  public struct Column: Hashable, Sendable {
    /// The column's name.
    public var name: String
    /// The oid of its type.
    public var typeOID: UInt32
    /// `atttypmod`; -1 for none.
    public var typeModifier: Int32
    /// What the stream calls a type that is not built in; `nil` for a built-in one.
    public var typeName: TypeName?
    /// Whether it is part of the primary key.
    public var isKey: Bool
    /// Whether its values are stored outside of the row: an update that does not change one does
    /// not send it.
    public var isLarge: Bool

    /// A column of any type.
    ///
    /// - Parameters:
    ///   - name: The column's name.
    ///   - typeOID: The oid of its type.
    ///   - typeModifier: `atttypmod`; -1 for none.
    ///   - typeName: The name of a type that is not built in.
    ///   - isKey: Whether it is part of the primary key.
    ///   - isLarge: Whether its values are stored outside of the row.
    public init(
      _ name: String, typeOID: UInt32, typeModifier: Int32 = -1, typeName: TypeName? = nil,
      isKey: Bool = false, isLarge: Bool = false
    ) {
      self.name = name
      self.typeOID = typeOID
      self.typeModifier = typeModifier
      self.typeName = typeName
      self.isKey = isKey
      self.isLarge = isLarge
    }

    /// A column of the primary key.
    public static func key(_ name: String, _ type: BuiltinType) -> Column {
      Column(name, typeOID: type.oid, isKey: true)
    }

    /// A column that is not part of the key.
    public static func column(_ name: String, _ type: BuiltinType) -> Column {
      Column(name, typeOID: type.oid)
    }

    /// A column whose values are stored outside of the row.
    public static func large(_ name: String, _ type: BuiltinType) -> Column {
      Column(name, typeOID: type.oid, isLarge: true)
    }
  }

  /// The schema.
  public var schema: String
  /// The table's name, without its schema.
  public var name: String
  /// What updates and deletes say about the old row.
  public var replicaIdentity: Relation.ReplicaIdentity
  /// The columns, in their order.
  public var columns: [Column]

  /// A table.
  ///
  /// - Parameters:
  ///   - name: Its name, without its schema.
  ///   - schema: Its schema.
  ///   - replicaIdentity: What updates and deletes say about the old row. An index stands for the
  ///     primary key.
  ///   - columns: Its columns.
  public init(
    _ name: String, schema: String = "public",
    replicaIdentity: Relation.ReplicaIdentity = .default, columns: [Column]
  ) {
    self.schema = schema
    self.name = name
    self.replicaIdentity = replicaIdentity
    self.columns = columns
  }
}

extension TestTable {
  /// The name with its schema, unquoted.
  var qualifiedName: String { "\(schema).\(name)" }

  /// Whether a name, with or without a schema, means this table.
  func isNamed(_ text: String) -> Bool { text == name || text == qualifiedName }

  /// Whether a column is part of the replica identity.
  func isIdentity(_ column: Column) -> Bool {
    switch replicaIdentity {
    case .full: true
    case .nothing: false
    case .default, .index: column.isKey
    }
  }

  /// Whether updates and deletes can be published.
  var hasIdentity: Bool { columns.contains { isIdentity($0) } }

  /// The values of the primary key in a row; `nil` without a key.
  func key(of row: TestRow) -> [TestValue]? {
    let key = columns.filter(\.isKey)
    return key.isEmpty ? nil : key.map { row[$0.name] ?? .null }
  }
}

extension TestTable {
  /// The messages that describe it to a client: its types that are not built in, then itself.
  func description(oid: UInt32) -> [[UInt8]] {
    let types = columns.compactMap { column in
      column.typeName.map { name in
        PgOutputEncoder.type(column.typeOID, namespace: name.namespace, name: name.name)
      }
    }
    let headers = columns.map { column in
      PgOutputEncoder.ColumnHeader(
        column.name, column.typeOID, flags: isIdentity(column) ? 1 : 0,
        typeModifier: column.typeModifier)
    }
    let relation = PgOutputEncoder.relation(
      oid, namespace: schema, name, identity: replicaIdentity, headers)
    return types + [relation]
  }

  /// A row as a tuple of a message.
  func tuple(_ row: TestRow) -> [PgOutputEncoder.Column] {
    columns.map { (row[$0.name] ?? .null).encoded }
  }

  /// The identity of a row as a tuple: columns outside of it are NULL there.
  func identityTuple(_ row: TestRow) -> [PgOutputEncoder.Column] {
    columns.map { isIdentity($0) ? (row[$0.name] ?? .null).encoded : .null }
  }
}

extension TestValue {
  var encoded: PgOutputEncoder.Column {
    text.map { .text(Array($0.utf8)) } ?? .null
  }
}
