/// What the type oid of a column stands for.
@nonexhaustive public enum ColumnType: Hashable, Sendable {
  /// A built-in type, or a domain over one.
  case builtin(BuiltinType)
  /// An array of a built-in type, with any number of dimensions, or a domain over one.
  case array(BuiltinType)
  /// A type that the database's users or its extensions have made, or a domain over one.
  case named(TypeName)
  /// A type that the server hasn't named and that isn't known here.
  case unknown(oid: UInt32)

  /// Resolves an oid.
  ///
  /// The server names the types that aren't built in, and for a domain it gives the base type's
  /// name; so a named type of `pg_catalog` is a domain, and its name identifies the built-in type.
  ///
  /// - Parameter name: What a Type message has said about the oid, if there was one.
  public init(oid: UInt32, name: TypeName?) {
    if let name {
      self = ColumnType(domainOver: name) ?? .named(name)
    } else if let type = BuiltinType(oid: oid) {
      self = .builtin(type)
    } else if let element = BuiltinType(arrayOID: oid) {
      self = .array(element)
    } else {
      self = .unknown(oid: oid)
    }
  }

  private init?(domainOver base: TypeName) {
    guard base.namespace == pgCatalog else { return nil }
    if let type = BuiltinType(rawValue: base.name) {
      self = .builtin(type)
    } else if base.name.hasPrefix("_"),
      let type = BuiltinType(rawValue: String(base.name.dropFirst()))
    {
      self = .array(type)
    } else {
      return nil
    }
  }
}

extension ColumnType: CustomStringConvertible {
  /// The name, as a person would write it: `int4`, `int4[]`, `public.mood`.
  public var description: String {
    switch self {
    case .builtin(let type): type.rawValue
    case .array(let element): "\(element.rawValue)[]"
    case .named(let name): "\(name.namespace).\(name.name)"
    case .unknown(let oid): "type with oid \(oid)"
    }
  }
}
