/// What a database's catalogue says about the types that its users and extensions have made.
///
/// A stream names such types, but doesn't say what they are made of. A catalogue that was filled
/// from `pg_type` and related tables does: with it the elements of arrays, domains, enums,
/// composites and ranges are decoded as what they are. It is a plain value: learning a type makes a
/// new one.
///
/// A database says what its types are now; the stream may be behind, and types change. That never
/// makes a value decode wrongly:
///
/// - An enum's value is its label, whether the catalogue has that or not.
/// - A composite's binary form names the type of each field, which is what counts. The fields'
///   names are given only if all the types are those of the catalogue. In text there are no types:
///   names are given if there are as many fields.
/// - What a domain, an array or a range is made of never changes.
/// - A type that has been dropped since is known by the name in the stream: its text is decoded as
///   text, its binary form is ``PostgresValueError/unknownBinary``.
///
/// A value in binary may have a field of a type that isn't known, since the composite has lost or
/// got the field in between: ``PostgresValueError/unknownType(oid:)`` says which one to ask for.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
public struct TypeCatalog: Sendable {
  private var entries: [UInt32: Entry] = [:]
  /// How many types, fields and labels the entries have.
  private var partCount = 0
  /// What the entries stand for; another object for other entries.
  private(set) var resolved = ResolvedTypes.ofNothing
  /// Whether composites that it resolves know fields that they had before.
  private var tellsFormerFields = true

  /// What the text of values depends on besides their types.
  public var style = ValueTextStyle()

  /// How deep types may nest: deeper ones are known only by name.
  ///
  /// Nesting is not bounded by the server. A value in binary is decoded by functions that call
  /// themselves for each level; this keeps their stack small.
  public static let maxNesting = 64

  /// The most types, fields and labels that a catalogue keeps; any more are known only by name.
  ///
  /// A stream's consumer keeps them in memory, and any user of the database can make more.
  public static let maxParts = 1 << 20

  /// One type.
  public struct Entry: Hashable, Sendable {
    /// `pg_type.oid`, the schema's name, and `pg_type.typname`.
    public let name: TypeName
    /// What the type is made of.
    public let kind: Kind

    /// A type of this name and kind.
    public init(_ name: TypeName, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// What a type is made of; other types are given by their oids.
  @nonexhaustive public enum Kind: Hashable, Sendable {
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
    /// The attribute's name: `pg_attribute.attname`.
    public let name: String
    /// The oid of its type: `pg_attribute.atttypid`.
    public let typeOID: UInt32

    /// An attribute of this name and type.
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
  ///
  /// - Returns: Whether the catalogue has changed.
  @discardableResult public mutating func insert(_ entry: Entry) -> Bool {
    let former = entries[entry.name.oid]
    partCount -= former?.partCount ?? 0
    let isTooMuch = entry.partCount > Self.maxParts - partCount
    let kept = isTooMuch ? Entry(entry.name, .base) : entry
    partCount += kept.partCount
    guard former != kept else { return false }
    entries[entry.name.oid] = kept
    resolved = ResolvedTypes()
    return true
  }

  /// Whether that type has been added.
  public func contains(_ oid: UInt32) -> Bool { entries[oid] != nil }

  /// The types of a relation's columns that are neither built in nor known.
  package func unknownTypes(of relation: Relation) -> [UInt32] {
    userTypes(of: relation).filter { !contains($0) }
  }

  /// Whether everything is known that the columns of a relation depend on: all their types, and if
  /// there is `money` among them, ``ValueTextStyle/moneyScale``.
  public func isComplete(for relation: Relation) -> Bool {
    unknownTypes(of: relation).isEmpty
      && (style.moneyScale != nil
        || !relation.columns.contains { type(of: $0).mentionsMoney })
  }

  /// The types of a relation's columns that aren't built in, known or not.
  package func userTypes(of relation: Relation) -> [UInt32] {
    relation.columns.map(\.typeOID).filter { oid in
      BuiltinType(oid: oid) == nil && BuiltinType(arrayOID: oid) == nil
    }
  }

  /// The types, in no order.
  public var types: some Collection<Entry> { entries.values }
}

extension TypeCatalog {
  /// The type of a column: from the catalogue, or else as the stream has named it.
  public func type(of column: Relation.Column) -> PostgresType {
    if case .builtin(let type) = column.type, entries.isEmpty { return .builtin(type) }
    return resolve(column.typeOID) ?? PostgresType(column.type)
  }

  /// The type that has an oid; ``PostgresType/unknown(oid:)`` if neither it nor its base is known.
  public func type(oid: UInt32) -> PostgresType {
    resolve(oid) ?? .unknown(oid: oid)
  }

  /// The type of a field that a composite no longer has, or got after the catalogue was filled.
  ///
  /// A composite takes this catalogue along. The composites that this one resolves know no other
  /// fields: so bytes that nest deeper than types do are not followed.
  func typeOfFormerField(oid: UInt32) -> PostgresType {
    resolve(oid) ?? .unknown(oid: oid)
  }

  private func resolve(_ oid: UInt32) -> PostgresType? {
    resolved.type(oid, in: entries) {
      guard tellsFormerFields else { return TypeCatalog() }
      // With objects of its own, so that what is resolved here never holds itself.
      var former = self
      former.tellsFormerFields = false
      former.resolved = ResolvedTypes()
      return former
    }
  }
}

extension TypeCatalog: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.tellsFormerFields == right.tellsFormerFields && left.style == right.style
      && left.entries == right.entries
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

extension TypeCatalog.Entry {
  fileprivate var partCount: Int {
    switch kind {
    case .composite(let fields): 1 + fields.count
    case .enumeration(let labels): 1 + labels.count
    default: 1
    }
  }
}
