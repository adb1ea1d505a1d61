/// What is the same in all rows of a relation, prepared once.
@usableFromInline final class RowLayout {
  @usableFromInline let relation: Relation
  @usableFromInline let types: [PostgresType]
  /// The same for those columns whose types are built in; a row borrows these.
  @usableFromInline let builtinTypes: [BuiltinType?]
  /// The columns by their names; of several with one name the first.
  let indices: [String: Int]
  /// The columns by their names in Swift's style, made when they are first asked for.
  private(set) lazy var camelCaseIndices = RowLayout.camelCase(relation)

  /// The columns that names led to, in the order in which one row's columns were asked for.
  private var found: [Int] = []
  private var nextFound = 0

  init(_ relation: Relation, _ catalog: TypeCatalog) {
    self.relation = relation
    types = relation.columns.map { catalog.type(of: $0) }
    builtinTypes = types.map(\.builtin)
    indices = Dictionary(
      relation.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Notes that another row is read from its first column.
  func beginRow() { nextFound = 0 }

  /// The column with that name.
  ///
  /// Most rows are read in the same way, so the column that was found at this point of the previous
  /// row is tried first.
  func find(_ name: String) -> Int? {
    let position = nextFound
    nextFound += 1
    if position < found.count {
      let column = found[position]
      if relation.columns[column].name == name { return column }
    }
    guard let column = indices[name] else { return nil }
    if position < found.count {
      found[position] = column
    } else if position == found.count, position < types.count {
      found.append(column)
    }
    return column
  }

  /// The columns by the keys of a strategy.
  func indices(_ strategy: RowKeyStrategy) -> [String: Int] {
    switch strategy {
    case .asIs: indices
    case .convertFromSnakeCase: camelCaseIndices
    }
  }

  private static func camelCase(_ relation: Relation) -> [String: Int] {
    Dictionary(
      relation.columns.enumerated().map { (camelCase($1.name), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// `created_at` is `createdAt`; underscores at the ends stay.
  static func camelCase(_ name: String) -> String {
    let front = name.prefix { $0 == "_" }
    guard front.count < name.count else { return name }
    let back = name.reversed().prefix { $0 == "_" }
    let words = name.dropFirst(front.count).dropLast(back.count).split(separator: "_")
    guard words.count > 1 else { return name }
    let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
    return front + words[0].lowercased() + rest.joined() + String(back)
  }
}

/// How the names of columns become the keys of a Swift type.
@nonexhaustive public enum RowKeyStrategy: Hashable, Sendable {
  /// As they are.
  case asIs
  /// `created_at` is the key `createdAt`; a name of a single word stays as it is.
  case convertFromSnakeCase
}
