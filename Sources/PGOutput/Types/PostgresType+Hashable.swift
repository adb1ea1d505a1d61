/// Types share their parts, and there may be more ways to a part than there are types. So they are
/// compared part by part, each pair once, and a type's hash is made of its own facts alone.
extension PostgresType: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    var comparison = TypeComparison()
    return comparison.areEqual(left, right)
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .builtin(let type): hasher.combine(type)
    case .array(let element, let delimiter):
      hasher.combine(delimiter)
      element.hash(into: &hasher)
    case .range(let name, let bound), .multirange(let name, let bound):
      hasher.combine(name)
      bound.hash(into: &hasher)
    case .enumeration(let name, let labels):
      hasher.combine(name)
      hasher.combine(labels)
    case .composite(let name, let fields, _):
      hasher.combine(name)
      hasher.combine(fields)
    case .hstore(let name), .text(let name), .versionedText(let name), .named(let name):
      hasher.combine(name)
    case .unknown(let oid): hasher.combine(oid)
    }
  }
}

extension PostgresType.Field: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    var comparison = TypeComparison()
    return comparison.areEqual(left, right)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(typeOID)
  }
}

/// One comparison of two types with all that they are made of.
private struct TypeComparison {
  /// The pairs that have been met: they are equal, or the comparison has ended already.
  private var met: Set<Pair> = []

  private struct Pair: Hashable {
    let left: ObjectIdentifier
    let right: ObjectIdentifier
  }

  mutating func areEqual(_ left: PostgresType, _ right: PostgresType) -> Bool {
    switch (left, right) {
    case (.builtin(let left), .builtin(let right)): left == right
    case (.array(let left, let delimiter), .array(let right, let other)):
      delimiter == other && areEqual(left, right)
    case (.range(let name, let left), .range(let other, let right)),
      (.multirange(let name, let left), .multirange(let other, let right)):
      name == other && areEqual(left, right)
    case (.enumeration(let name, let labels), .enumeration(let other, let others)):
      name == other && labels == others
    case (.composite(let name, let left, let catalog), .composite(let other, let right, let same)):
      name == other && left.count == right.count && areEqual(catalog, same)
        && zip(left, right).allSatisfy { areEqual($0, $1) }
    case (.hstore(let name), .hstore(let other)), (.text(let name), .text(let other)),
      (.versionedText(let name), .versionedText(let other)), (.named(let name), .named(let other)):
      name == other
    case (.unknown(let oid), .unknown(let other)): oid == other
    default: false
    }
  }

  mutating func areEqual(_ left: PostgresType.Field, _ right: PostgresType.Field) -> Bool {
    guard left.name == right.name, left.typeOID == right.typeOID else { return false }
    guard isNew(left.shared, right.shared) else { return true }
    return areEqual(left.shared.type, right.shared.type)
  }

  private mutating func areEqual(_ left: TypeCatalog, _ right: TypeCatalog) -> Bool {
    guard isNew(left.resolved, right.resolved) else { return true }
    return left == right
  }

  private mutating func isNew(_ left: AnyObject, _ right: AnyObject) -> Bool {
    guard left !== right else { return false }
    return met.insert(Pair(left: ObjectIdentifier(left), right: ObjectIdentifier(right))).inserted
  }
}
