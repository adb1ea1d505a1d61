/// Shapes of tables, to be stored beside their rows.
///
///     {"oid":16384,"namespace":"public","name":"t","replicaIdentity":"default",
///      "columns":[{"name":"id","isKey":true,"typeOID":23,"typeModifier":-1,
///                  "type":{"builtin":"int4"}}]}
extension Relation: Codable {
  private enum Key: String, CodingKey {
    case oid, namespace, name, replicaIdentity, columns
  }

  public convenience init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      oid: try container.decode(UInt32.self, forKey: .oid),
      namespace: try container.decode(String.self, forKey: .namespace),
      name: try container.decode(String.self, forKey: .name),
      replicaIdentity: try container.decode(ReplicaIdentity.self, forKey: .replicaIdentity),
      columns: try container.decode([Column].self, forKey: .columns))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(oid, forKey: .oid)
    try container.encode(namespace, forKey: .namespace)
    try container.encode(name, forKey: .name)
    try container.encode(replicaIdentity, forKey: .replicaIdentity)
    try container.encode(columns, forKey: .columns)
  }
}

/// By name: `default`, `nothing`, `full` or `index`.
extension Relation.ReplicaIdentity: Codable {
  private static let names: [(name: String, identity: Self)] = [
    ("default", .default), ("nothing", .nothing), ("full", .full), ("index", .index),
  ]

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let known = Self.names.first(where: { $0.name == name }) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a replica identity: \(name)")
    }
    self = known.identity
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Self.names.first { $0.identity == self }?.name ?? "default")
  }
}

extension Relation.Column: Codable {
  private enum Key: String, CodingKey {
    case name, isKey, typeOID, typeModifier, type
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      isKey: try container.decode(Bool.self, forKey: .isKey),
      typeOID: try container.decode(UInt32.self, forKey: .typeOID),
      typeModifier: try container.decode(Int32.self, forKey: .typeModifier),
      type: try container.decode(ColumnType.self, forKey: .type))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode(isKey, forKey: .isKey)
    try container.encode(typeOID, forKey: .typeOID)
    try container.encode(typeModifier, forKey: .typeModifier)
    try container.encode(type, forKey: .type)
  }
}

/// By what is known: `{"builtin":"int4"}`, `{"array":"int4"}`, `{"named":{…}}` or
/// `{"unknown":16400}`.
extension ColumnType: Codable {
  private enum Key: String, CodingKey {
    case builtin, array, named, unknown
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func builtin(_ key: Key) throws -> BuiltinType? {
      guard let name = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
      guard let type = BuiltinType(rawValue: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "not a built-in type: \(name)")
      }
      return type
    }
    if let type = try builtin(.builtin) {
      self = .builtin(type)
    } else if let element = try builtin(.array) {
      self = .array(element)
    } else if let name = try container.decodeIfPresent(TypeName.self, forKey: .named) {
      self = .named(name)
    } else {
      self = .unknown(oid: try container.decode(UInt32.self, forKey: .unknown))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .builtin(let type): try container.encode(type.rawValue, forKey: .builtin)
    case .array(let element): try container.encode(element.rawValue, forKey: .array)
    case .named(let name): try container.encode(name, forKey: .named)
    case .unknown(let oid): try container.encode(oid, forKey: .unknown)
    }
  }
}
