import PGOutput

/// What is the same in all lines of a relation, made once.
///
/// All the text is in one place, so that what is kept of a column is free to copy.
final class JSONTable<Element: JSONElement> {
  let relation: Relation
  let columns: [JSONColumn<Element>]
  /// The columns' types, for what is sent in binary.
  let types: [PostgresType]
  private let text: [UInt8]
  private let names: Range<Int>

  init(_ relation: Relation, _ catalog: TypeCatalog) {
    var text: [UInt8] = []
    text.append(json: #","schema":"#)
    text.append(string: relation.namespace)
    text.append(json: #","table":"#)
    text.append(string: relation.name)
    names = 0..<text.count
    types = relation.columns.map { catalog.type(of: $0) }
    var columns: [JSONColumn<Element>] = []
    columns.reserveCapacity(relation.columns.count)
    for (column, type) in zip(relation.columns, types) {
      let start = text.count
      text.append(string: column.name)
      text.append(UInt8(ascii: ":"))
      columns.append(
        JSONColumn(
          key: start..<text.count, isKey: column.isKey,
          isRewritten: type.isRewritten(catalog.style),
          format: JSONValueFormat(
            type, modifier: column.typeModifier,
            isCertain: !column.type.isNamed || catalog.contains(column.typeOID))))
    }
    self.relation = relation
    self.columns = columns
    self.text = text
  }
}

extension JSONTable {
  /// Appends the members that name the table, a comma before each.
  func appendNames(to output: inout [UInt8]) {
    output.append(contentsOf: text[names])
  }

  /// Appends a member's key, after a comma unless it is its object's first.
  func appendKey(of column: JSONColumn<Element>, to output: inout [UInt8]) {
    if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
    output.append(contentsOf: text[column.key])
  }

  /// Appends a column's name as a JSON string.
  func appendName(of column: JSONColumn<Element>, to output: inout [UInt8]) {
    output.append(contentsOf: text[column.name])
  }
}

extension ColumnType {
  /// Whether the name is all that the stream tells.
  fileprivate var isNamed: Bool {
    if case .named = self { true } else { false }
  }
}
