/// What a database's catalogue says about the types that its users and extensions have made.
///
/// A stream names such types, but doesn't say what they are made of. A catalogue that has been
/// filled from `pg_type` and its companions tells: with it the elements of arrays, domains, enums,
/// composites and ranges are decoded as what they are. It is a plain value: to learn of a type is
/// to make a new one.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
public struct TypeCatalog: Hashable, Sendable {
  private var entries: [UInt32: Entry] = [:]

  /// One type.
  public struct Entry: Hashable, Sendable {
    /// `pg_type.oid`, the schema's name, and `pg_type.typname`.
    public let name: TypeName
    public let kind: Kind

    public init(_ name: TypeName, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// What a type is made of; other types are told by their oids.
  public enum Kind: Hashable, Sendable {
    /// A type of its own, such as an extension's.
    case base
    /// An enum: `pg_enum.enumlabel`, ordered by `enumsortorder`.
    case enumeration(labels: [String])
    /// A composite: name and type of its live attributes, ordered by `attnum`.
    case composite(fields: [Field])
    /// A domain: `pg_type.typbasetype`.
    case domain(base: UInt32)
    /// An array: `pg_type.typelem`, and the element type's `typdelim`.
    case array(element: UInt32, delimiter: UInt8)
    /// A range: `pg_range.rngsubtype`.
    case range(bound: UInt32)
    /// A multirange: `rngsubtype` of the row of `pg_range` that names it as `rngmultitypid`.
    case multirange(bound: UInt32)
  }

  /// One attribute of a composite.
  public struct Field: Hashable, Sendable {
    public let name: String
    public let typeOID: UInt32

    public init(name: String, typeOID: UInt32) {
      self.name = name
      self.typeOID = typeOID
    }
  }

  /// A catalogue that knows the built-in types alone.
  public init() {}

  /// A catalogue of these types; the last entry of an oid counts.
  public init(_ entries: some Sequence<Entry>) {
    for entry in entries { insert(entry) }
  }

  /// Adds a type, or replaces what was known of it.
  public mutating func insert(_ entry: Entry) {
    entries[entry.name.oid] = entry
  }

  /// Whether that type has been added.
  public func contains(_ oid: UInt32) -> Bool { entries[oid] != nil }

  /// The types, in no order.
  public var types: some Collection<Entry> { entries.values }
}

extension TypeCatalog {
  /// The type of a column: from the catalogue, or else as the stream has named it.
  public func type(of column: Relation.Column) -> PostgresType {
    if case .builtin(let type) = column.type, entries.isEmpty { return .builtin(type) }
    return resolve(column.typeOID, depth: 0) ?? PostgresType(column.type)
  }

  /// The type that has an oid; ``PostgresType/unknown(oid:)`` if neither it nor its base is known.
  public func type(oid: UInt32) -> PostgresType {
    resolve(oid, depth: 0) ?? .unknown(oid: oid)
  }

  /// Types nest, but never in themselves; a catalogue that says so is not followed for ever.
  private static let maxDepth = 32

  private func resolve(_ oid: UInt32, depth: Int) -> PostgresType? {
    if let type = BuiltinType(oid: oid) { return .builtin(type) }
    if let element = BuiltinType(arrayOID: oid) { return .array(of: .builtin(element)) }
    guard let entry = entries[oid], depth < Self.maxDepth else { return nil }
    func type(_ oid: UInt32) -> PostgresType {
      resolve(oid, depth: depth + 1) ?? .unknown(oid: oid)
    }
    switch entry.kind {
    case .base: return PostgresType(named: entry.name)
    case .enumeration(let labels): return .enumeration(entry.name, labels: labels)
    case .composite(let fields):
      return .composite(
        entry.name, fields: fields.map { .init(name: $0.name, type: type($0.typeOID)) })
    case .domain(let base): return type(base)
    case .array(let element, let delimiter):
      return .array(of: type(element), delimiter: delimiter)
    case .range(let bound): return .range(entry.name, of: type(bound))
    case .multirange(let bound): return .multirange(entry.name, of: type(bound))
    }
  }
}
