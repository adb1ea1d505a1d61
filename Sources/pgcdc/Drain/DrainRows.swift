internal import CDCTime
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Decodes rows to Swift values, as a program with types of its own does.
///
/// Eight columns of the types `int8`, `int8` or `int4`, `text`, `text`, `numeric`, `timestamptz`,
/// `bool` and `uuid` become a struct; any other table's columns become one value each, of the Swift
/// type that their type has.
struct DrainRows: ~Copyable {
  private let reader = RowReader()
  /// The relation of the latest row, and what it becomes.
  private var latest: (relation: Relation, isWide: Bool, types: [BuiltinType?])?
  /// The latest row, which is kept so that decoding it can't be optimized away.
  private var wide: WideRow?
  private var values: [DrainValue] = []

  /// Decodes the rows of a change.
  ///
  /// - Returns: How many columns they had.
  mutating func decode(
    _ message: PgOutputMessage, at lsn: LSN
  ) throws(DrainError) -> Int {
    do throws(RowError) {
      switch message {
      case .insert(let relation, let new):
        return try decode(new, old: nil, of: relation, at: lsn)
      case .update(let relation, let old, let new):
        return try decode(new, old: old, of: relation, at: lsn)
      case .delete(let relation, let old):
        return try decode(old, old: nil, of: relation, at: lsn)
      default:
        return 0
      }
    } catch {
      throw .row(error)
    }
  }

  /// Decodes the row of a change.
  ///
  /// - Returns: How many columns it had.
  mutating func decode(_ change: RowChange) throws -> Int {
    let (isWide, types) = forms(of: change.relation)
    return try change.withRow { try take($0, isWide: isWide, types) }
  }

  private mutating func decode(
    _ tuple: TupleData, old: TupleData?, of relation: Relation, at lsn: LSN
  ) throws(RowError) -> Int {
    let (isWide, types) = forms(of: relation)
    return try reader.read(tuple, old: old, of: relation, at: lsn) { row throws(RowError) in
      try take(row, isWide: isWide, types)
    }
  }

  @inline(__always)
  private mutating func take(
    _ row: RowView, isWide: Bool, _ types: [BuiltinType?]
  ) throws(RowError) -> Int {
    if isWide, !row.isPartial {
      wide = try WideRow(row)
    } else {
      values.removeAll(keepingCapacity: true)
      for column in types.indices where row.isKnown(column) {
        values.append(try DrainValue(row, column, types[column]))
      }
    }
    return row.columnCount
  }

  private mutating func forms(of relation: Relation) -> (isWide: Bool, types: [BuiltinType?]) {
    if let latest, latest.relation === relation { return (latest.isWide, latest.types) }
    let isWide = WideRow.types.contains(relation.columns.map(\.type))
    let types = relation.columns.map { PostgresType($0.type).builtin }
    latest = (relation, isWide, types)
    return (isWide, types)
  }
}
