import PGOutput
import PGWire
import ReplicationCore

/// What becomes of a column's values, in a form that is free to copy.
enum ColumnForm: Equatable, Sendable {
  case asIs
  case leftOut
  case masked
  /// With one of the table's keys.
  case hashed(key: Int)
  case truncated(to: Int)
}

/// What becomes of the columns of a table: what the caller wants, where that is possible.
struct ColumnForms {
  private(set) var forms: [ColumnForm] = []
  /// The texts of those that are masked.
  private(set) var masks: [Int: String] = [:]
  private(set) var hashKeys: [Password] = []

  /// - Parameter key: The columns of the records' key.
  /// - Throws: ``FormatError/column(_:table:column:)`` where a key would be changed, a type can't
  ///   be treated so, or a column is missing that a rule names.
  init(
    of relation: Relation, _ types: [PostgresType], _ filter: ChangeFilter, key: [Int],
    _ description: TableDescription?
  ) throws(FormatError) {
    for name in filter.namedColumns(relation)
    where !relation.columns.contains(where: { $0.name == name }) {
      throw .column(.missing, table: relation.qualifiedName, column: name)
    }
    var kept = Set(key + RecordKey.primaryKey(of: relation, description))
    if relation.replicaIdentity != .full {
      kept.formUnion(relation.columns.indices.filter { relation.columns[$0].isKey })
    }
    for (index, column) in relation.columns.enumerated() {
      let treatment = filter.treatment(column, relation)
      guard treatment.isNone || !kept.contains(index) else {
        throw .column(
          .isKey(treatment.words), table: relation.qualifiedName, column: column.name)
      }
      if case .truncated = treatment, !types[index].isPlainText {
        throw .column(
          .notText(types[index].description), table: relation.qualifiedName, column: column.name)
      }
      append(treatment, at: index)
    }
  }

  private mutating func append(_ treatment: ColumnTreatment, at index: Int) {
    switch treatment {
    case .asIs: forms.append(.asIs)
    case .leftOut: forms.append(.leftOut)
    case .masked(let text):
      masks[index] = text
      forms.append(.masked)
    case .hashed(let key):
      let place = hashKeys.firstIndex { $0 === key } ?? hashKeys.count
      if place == hashKeys.count { hashKeys.append(key) }
      forms.append(.hashed(key: place))
    case .truncated(let count): forms.append(.truncated(to: max(count, 0)))
    }
  }
}

extension PostgresType {
  /// Whether a part of a value from its beginning is such a value too.
  fileprivate var isPlainText: Bool {
    switch self {
    case .builtin(.text), .builtin(.varchar), .builtin(.bpchar), .builtin(.name): true
    case .text: true
    default: false
    }
  }
}
