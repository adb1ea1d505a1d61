import PGWire

/// The types that a catalogue's oids stand for, each resolved once and shared from then on.
///
/// A catalogue comes from users of a database. They may name a type twice in each of a hundred
/// others, so that it would be there 2^100 times if every mention were resolved by itself.
final class ResolvedTypes: Sendable {
  /// Those of the catalogue that knows the built-in types alone.
  static let ofNothing = ResolvedTypes()

  private let resolver = Lock(TypeResolver())

  /// The type that has an oid; `nil` if neither it nor its base is known.
  ///
  /// - Parameter former: What composites take along, made when the first type is resolved.
  func type(
    _ oid: UInt32, in entries: [UInt32: TypeCatalog.Entry], former: () -> TypeCatalog
  ) -> PostgresType? {
    if let type = PostgresType(builtinOID: oid) { return type }
    guard entries[oid] != nil else { return nil }
    return resolver.withLock { $0.resolve(oid, in: entries, former: former) }
  }
}

/// Resolves types without recursion, so that neither nesting nor a loop exhausts the stack.
struct TypeResolver {
  private var resolved: [UInt32: Resolved] = [:]
  private var former: TypeCatalog?

  private struct Resolved {
    let type: SharedType
    /// How many types lie inside of one another, this one included.
    let nesting: Int
  }

  mutating func resolve(
    _ root: UInt32, in entries: [UInt32: TypeCatalog.Entry], former makeFormer: () -> TypeCatalog
  ) -> PostgresType? {
    if let known = resolved[root] { return known.type.type }
    let former = self.former ?? makeFormer()
    self.former = former
    var waiting = [root]
    // Those whose parts are being resolved. A part that is one of them is inside of itself.
    var open: Set<UInt32> = []
    while let oid = waiting.last {
      guard resolved[oid] == nil, let entry = entries[oid] else {
        waiting.removeLast()
        continue
      }
      if open.insert(oid).inserted {
        for part in entry.kind.parts where resolved[part] == nil && !open.contains(part) {
          waiting.append(part)
        }
      } else {
        resolved[oid] = build(entry, former)
        open.remove(oid)
        waiting.removeLast()
      }
    }
    return resolved[root]?.type.type
  }

  /// Puts a type together whose parts are resolved, as far as they can be.
  private func build(_ entry: TypeCatalog.Entry, _ former: TypeCatalog) -> Resolved {
    var nesting = 0
    func part(_ oid: UInt32) -> SharedType {
      guard let known = resolved[oid] else {
        return SharedType(PostgresType(builtinOID: oid) ?? .unknown(oid: oid))
      }
      nesting = max(nesting, known.nesting)
      return known.type
    }
    let type: SharedType
    switch entry.kind {
    case .base: type = SharedType(PostgresType(named: entry.name))
    case .enumeration(let labels): type = SharedType(.enumeration(entry.name, labels: labels))
    case .composite(let fields):
      let fields = fields.map {
        PostgresType.Field(name: $0.name, typeOID: $0.typeOID, part($0.typeOID))
      }
      type = SharedType(.composite(entry.name, fields: fields, former))
    case .domain(let base): type = part(base)
    case .array(let element, let delimiter):
      type = SharedType(.array(of: part(element).type, delimiter: delimiter))
    case .range(let bound): type = SharedType(.range(entry.name, of: part(bound).type))
    case .multirange(let bound): type = SharedType(.multirange(entry.name, of: part(bound).type))
    }
    guard nesting < TypeCatalog.maxNesting else {
      return Resolved(type: SharedType(.named(entry.name)), nesting: 1)
    }
    return Resolved(type: type, nesting: nesting + 1)
  }
}

extension PostgresType {
  /// The built-in type, or the array of one, that has this oid.
  fileprivate init?(builtinOID oid: UInt32) {
    if let type = BuiltinType(oid: oid) {
      self = .builtin(type)
    } else if let element = BuiltinType(arrayOID: oid) {
      self = .array(of: .builtin(element))
    } else {
      return nil
    }
  }
}

extension TypeCatalog.Kind {
  /// The types that it is made of, as the catalogue has them.
  fileprivate var parts: [UInt32] {
    switch self {
    case .base, .enumeration: []
    case .composite(let fields): fields.map(\.typeOID)
    case .domain(let part), .array(let part, _), .range(let part), .multirange(let part): [part]
    }
  }
}

/// A type that fields of composites refer to, one object however many they are.
final class SharedType: Sendable {
  let type: PostgresType
  // What is asked of types with all their parts; found once, from parts that know it already.

  /// See ``PostgresType/hasKnownBinary``.
  let hasKnownBinary: Bool
  /// See ``PostgresType/mentions(_:_:)``.
  let mentionsMoney: Bool
  let mentionsChar: Bool

  init(_ type: PostgresType) {
    self.type = type
    hasKnownBinary = type.hasKnownBinary
    mentionsMoney = type.mentions(\.mentionsMoney, .money)
    mentionsChar = type.mentions(\.mentionsChar, .char)
  }
}
