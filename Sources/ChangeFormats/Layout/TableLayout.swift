import PGOutput
import PGWire
import ReplicationCore

/// What is the same in all events of a relation, made once.
///
/// All the text is in one place, so that what is kept of a column is free to copy.
final class TableLayout<Scalar: ScalarFormat>: Sendable {
  let relation: Relation
  let columns: [ColumnLayout<Scalar>]
  /// Whether some columns' values are not written as they are.
  let treatsColumns: Bool
  /// The columns' types, for what is sent in binary.
  let types: [PostgresType]
  /// The columns of the records' key, in the key's order; empty if records have none.
  let key: [Int]
  /// Where the table's records go.
  let topic: String
  /// The name that events count the table by: `schema.table`.
  let collection: String
  /// Whether the table's changes are written.
  let isIncluded: Bool
  /// The keys that columns are hashed with.
  let hashKeys: [Password]
  private let text: [UInt8]
  /// Where in the text the members lie that name the table.
  private let names: Range<Int>

  /// - Parameter description: What the catalog says of the table, if that is known.
  /// - Throws: ``FormatError/column(_:table:column:)`` if the options can't be applied to it.
  init(
    _ relation: Relation, _ catalog: TypeCatalog, _ options: JSONLineFormat.Options,
    _ description: TableDescription?
  ) throws(FormatError) {
    isIncluded = options.filter.includesTable(relation.namespace, relation.name)
    let chosen = isIncluded ? options.records.keyColumns(relation) : []
    key = try RecordKey.columns(of: relation, description, chosen: chosen)
    topic = options.records.topics.name(schema: relation.namespace, table: relation.name)
    collection = relation.qualifiedName
    types = relation.columns.map { catalog.type(of: $0) }
    let forms = try ColumnForms(
      of: relation, types, isIncluded ? options.filter : ChangeFilter(), key: key, description)
    hashKeys = forms.hashKeys
    var text = OutputBuffer(capacity: 1024)
    text.append(json: #","schema":"#)
    text.append(string: relation.namespace)
    text.append(json: #","table":"#)
    text.append(string: relation.name)
    names = 0..<text.count
    let facts = Dictionary(
      (description?.columns ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var values = ValueWriter(options, catalog.style)
    var columns: [ColumnLayout<Scalar>] = []
    columns.reserveCapacity(relation.columns.count)
    for (index, column) in relation.columns.enumerated() {
      let type = types[index]
      let start = text.count
      text.append(UInt8(ascii: ","))
      text.append(string: column.name)
      text.append(UInt8(ascii: ":"))
      let end = text.count
      let format = ValueFormat<Scalar>(
        type, modifier: column.typeModifier,
        isCertain: !column.type.isNamed || catalog.contains(column.typeOID), options)
      let form: ColumnForm = Scalar.leavesOut(type) ? .leftOut : forms.forms[index]
      switch form {
      case .asIs:
        Scalar.append(
          unsent: facts[column.name], type, isDomain: type.isBase(ofDomain: column.typeOID),
          as: format, &values, to: &text)
      case .masked: text.append(string: forms.masks[index] ?? "")
      case .leftOut, .hashed, .truncated: text.append(json: "null")
      }
      columns.append(
        ColumnLayout(
          key: start..<end, isKey: column.isKey,
          isRewritten: type.isRewritten(catalog.style), isTextInBinary: type.isTextInBinary,
          form: form, unsent: end..<text.count, format: format))
    }
    self.relation = relation
    self.columns = columns
    treatsColumns = columns.contains { $0.form != .asIs }
    self.text = text.withBytes { bytes in bytes.copied() }
  }
}

extension TableLayout {
  /// Appends the members that name the table, a comma before each.
  func appendNames(to output: inout OutputBuffer) {
    let text = text
    output.append(text.span.extracting(names))
  }

  /// What events of the table are about.
  var subject: EventFrame.Subject {
    .table(schema: relation.namespace, name: relation.name, collection)
  }

  /// Appends a member's key, after a comma unless it is its object's first.
  @inline(__always) func appendKey(
    of column: ColumnLayout<Scalar>, to output: inout OutputBuffer
  ) {
    let text = text
    let isFirst = output.last == UInt8(ascii: "{")
    output.append(text.span.extracting(isFirst ? column.firstKey : column.key))
  }

  /// Appends a column with what stands for a value that an old row lacks.
  func appendUnsent(_ column: ColumnLayout<Scalar>, to output: inout OutputBuffer) {
    appendKey(of: column, to: &output)
    let text = text
    output.append(text.span.extracting(column.unsent))
  }

  /// Appends a column's name as a JSON string.
  func appendName(of column: ColumnLayout<Scalar>, to output: inout OutputBuffer) {
    let text = text
    output.append(text.span.extracting(column.name))
  }

  /// What a value's error says, with the value's place.
  func failure(_ error: ValueError, _ index: Int, at lsn: LSN) -> FormatError {
    let reason: FormatError.Reason =
      switch error {
      case .text(.malformed): .unexpectedText
      case .text(.inexpressible), .binary(.outOfRange): .inexpressible
      case .text(.notUTF8): .notUTF8
      case .tooLong(let limit): .tooLong(limit: limit)
      case .keyNotSent: .keyNotSent
      case .notHashed(let error): .notHashed(reason: error.reason)
      case .binary(.unknownBinary): .unknownBinary
      case .binary(.unknownType(let oid)): .unknownType(oid: oid)
      case .binary: .unexpectedBinary
      }
    let isText = if case .text = error { true } else { false }
    return .value(
      reason, table: relation.qualifiedName, column: relation.columns[index].name,
      type: isText ? relation.columns[index].type.description : types[index].description, lsn: lsn)
  }
}

extension ColumnType {
  /// Whether the name is all that the stream says.
  fileprivate var isNamed: Bool {
    if case .named = self { true } else { false }
  }
}

extension PostgresType {
  /// Whether a column that is read as this type, and has a type of that oid, has a domain over it.
  ///
  /// It is asked of types whose defaults mean something: built-in ones and enums.
  fileprivate func isBase(ofDomain oid: UInt32) -> Bool {
    switch self {
    case .builtin(let type): type.oid != oid
    case .enumeration(let name, _): name.oid != oid
    default: false
    }
  }
}
