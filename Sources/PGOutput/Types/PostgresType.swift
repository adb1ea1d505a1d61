/// The type of a value, as far as it is known: what its text and its binary form mean.
///
/// Domains don't appear: they are their base type. What the server announces with relations is
/// enough for built-in types and their arrays; a ``TypeCatalog`` has the rest.
@nonexhaustive public enum PostgresType: Sendable {
  /// A built-in type, ranges and multiranges included.
  case builtin(BuiltinType)
  /// An array, with any number of dimensions; the delimiter is a comma for nearly all.
  indirect case array(of: PostgresType, delimiter: UInt8)
  /// A range type of the user's, with its bounds' type.
  indirect case range(TypeName, of: PostgresType)
  /// The multirange type of a range of the user's, with the bounds' type.
  indirect case multirange(TypeName, of: PostgresType)
  /// An enum; its labels are those that the catalogue had when it was asked, in their order.
  ///
  /// Values may have others: labels are added at any time, and renamed. A value's label is what
  /// the server sends, in text and in binary, and is never checked against these.
  indirect case enumeration(TypeName, labels: [String])
  /// A composite type, or a table's row type; its fields are those that the catalogue had.
  ///
  /// The attached catalogue resolves the types of other fields, which the composite had before.
  indirect case composite(TypeName, fields: [Field], TypeCatalog = TypeCatalog())
  /// The extension `hstore`'s type.
  indirect case hstore(TypeName)
  /// A type whose binary form is its text, such as `citext`.
  indirect case text(TypeName)
  /// A type whose binary form is a version and then its text, such as `ltree`.
  indirect case versionedText(TypeName)
  /// A type of which only the name is known: its text can be read, its binary form can't.
  indirect case named(TypeName)
  /// A type of which only the oid is known.
  case unknown(oid: UInt32)

  /// One field of a composite type.
  public struct Field: Sendable {
    /// The field's name.
    public let name: String
    /// The oid of the field's type, or of the domain.
    public let typeOID: UInt32
    let shared: SharedType

    /// A field of this type; the oid is that of the type, or of the domain over it.
    public init(name: String, typeOID: UInt32, type: PostgresType) {
      self.init(name: name, typeOID: typeOID, SharedType(type))
    }

    init(name: String, typeOID: UInt32, _ shared: SharedType) {
      self.name = name
      self.typeOID = typeOID
      self.shared = shared
    }

    /// The field's type, with a domain resolved to its base type.
    public var type: PostgresType { shared.type }
  }
}

extension [PostgresType.Field] {
  /// The type of a value that was sent as a composite's field with that index.
  ///
  /// The oid that came with the value decides, since the composite may have had other fields when
  /// the value was written than when the catalogue was asked.
  func type(ofSent oid: UInt32, at index: Int, _ catalog: TypeCatalog) -> PostgresType {
    if index < count, self[index].typeOID == oid { return self[index].type }
    return catalog.typeOfFormerField(oid: oid)
  }
}

extension PostgresType {
  /// The type, as far as the messages of the stream alone describe it.
  ///
  /// The types of the extensions `hstore`, `citext` and `ltree` are known by their names, in any
  /// schema.
  public init(_ type: ColumnType) {
    self =
      switch type {
      case .builtin(let type): .builtin(type)
      case .array(let element): .array(of: .builtin(element))
      case .named(let name): PostgresType(named: name)
      case .unknown(let oid): .unknown(oid: oid)
      }
  }

  init(named name: TypeName) {
    if let known = PostgresType(extensionType: name.name, name) {
      self = known
    } else if name.name.hasPrefix("_"),
      let element = PostgresType(extensionType: String(name.name.dropFirst()), name)
    {
      self = .array(of: element)
    } else {
      self = .named(name)
    }
  }

  private init?(extensionType name: String, _ type: TypeName) {
    switch name {
    case "hstore": self = .hstore(type)
    case "citext": self = .text(type)
    case "ltree", "lquery", "ltxtquery": self = .versionedText(type)
    default: return nil
    }
  }

  /// An array with the delimiter that its elements' type has, if that is built in.
  static func array(of element: PostgresType) -> PostgresType {
    let delimiter = element.builtin == .box ? UInt8(ascii: ";") : UInt8(ascii: ",")
    return .array(of: element, delimiter: delimiter)
  }

  /// The built-in type, if it is one.
  @inlinable public var builtin: BuiltinType? {
    if case .builtin(let type) = self { type } else { nil }
  }

  /// The type of a range's bounds.
  public var rangeBound: PostgresType? {
    switch self {
    case .range(_, let bound): bound
    case .builtin(.int4range): .builtin(.int4)
    case .builtin(.int8range): .builtin(.int8)
    case .builtin(.numrange): .builtin(.numeric)
    case .builtin(.daterange): .builtin(.date)
    case .builtin(.tsrange): .builtin(.timestamp)
    case .builtin(.tstzrange): .builtin(.timestamptz)
    default: nil
    }
  }

  /// The type of a multirange's bounds.
  public var multirangeBound: PostgresType? {
    switch self {
    case .multirange(_, let bound): bound
    case .builtin(.int4multirange): .builtin(.int4)
    case .builtin(.int8multirange): .builtin(.int8)
    case .builtin(.nummultirange): .builtin(.numeric)
    case .builtin(.datemultirange): .builtin(.date)
    case .builtin(.tsmultirange): .builtin(.timestamp)
    case .builtin(.tstzmultirange): .builtin(.timestamptz)
    default: nil
    }
  }

  /// An array's element type and delimiter.
  ///
  /// A type of which only the name is known is taken for an array if its name begins as the names
  /// of arrays do.
  var arrayElement: (type: PostgresType, delimiter: UInt8)? {
    switch self {
    case .array(let element, let delimiter): (element, delimiter)
    case .named(let name) where name.name.hasPrefix("_"): (self, UInt8(ascii: ","))
    default: nil
    }
  }
}

extension PostgresType: CustomStringConvertible {
  /// The name, as a person would write it: `int4`, `int4[]`, `public.mood`.
  public var description: String {
    switch self {
    case .builtin(let type): type.rawValue
    case .array(let element, _): "\(element)[]"
    case .range(let name, _), .multirange(let name, _), .enumeration(let name, _),
      .composite(let name, _, _), .hstore(let name), .text(let name), .versionedText(let name),
      .named(let name):
      "\(name.namespace).\(name.name)"
    case .unknown(let oid): "type with oid \(oid)"
    }
  }
}
