/// A sequence of the source or of the target, and the columns that it is for.
struct ServerSequence: Sendable {
  /// A column, by the names that the target has.
  struct Column: Hashable, Sendable {
    let schema: String
    let table: String
    let column: String

    /// Quoted.
    var name: String {
      "\(schema.quotedName).\(table.quotedName).\(column.quotedName)"
    }
  }

  /// Quoted, with its schema.
  let name: String
  /// The schema and the name, without quotes.
  let key: [String]
  let increment: Int64
  /// Whether the role may read it.
  let isReadable: Bool
  /// The column that it belongs to.
  private(set) var owner: Column?
  /// The columns whose defaults use it.
  private(set) var users: Set<Column> = []
  /// All these columns, and the same ones in mirrored tables that inherit from theirs.
  private(set) var places: Set<Column> = []
  /// `nil` if it may not be read.
  var state: SequenceState?

  /// The sequences in the rows of ``SequenceSQL/sequences(of:named:)``.
  ///
  /// - Parameter tables: The tables that have other names in the target, by their oids.
  static func all(_ rows: [[String?]], tables: [String: MirroredTable] = [:]) -> [ServerSequence] {
    var sequences: [ServerSequence] = []
    var indices: [String: Int] = [:]
    for row in rows {
      guard row.count == 13, let oid = row[1] else { continue }
      if indices[oid] == nil, let sequence = ServerSequence(row) {
        indices[oid] = sequences.count
        sequences.append(sequence)
      }
      if let index = indices[oid] { sequences[index].note(row, tables) }
    }
    return sequences
  }

  private init?(_ row: [String?]) {
    guard let schema = row[2], let own = row[3], let increment = row[4].flatMap({ Int64($0) }),
      increment != 0
    else { return nil }
    name = "\(schema.quotedName).\(own.quotedName)"
    key = [schema, own]
    self.increment = increment
    isReadable = row[5] == "t"
  }

  private mutating func note(_ row: [String?], _ tables: [String: MirroredTable]) {
    guard let name = row[9],
      let column = Self.column(name, oid: row[6], schema: row[7], table: row[8], tables)
    else { return }
    if row[0] == "owned" { owner = column } else { users.insert(column) }
    places.insert(column)
    let member = Self.column(name, oid: row[10], schema: row[11], table: row[12], tables)
    if let member { places.insert(member) }
  }

  private static func column(
    _ name: String, oid: String?, schema: String?, table: String?,
    _ tables: [String: MirroredTable]
  ) -> Column? {
    if let oid, let known = tables[oid] {
      return Column(schema: known.schema, table: known.name, column: name)
    }
    guard let schema, let table else { return nil }
    return Column(schema: schema, table: table, column: name)
  }
}

extension ServerSequence {
  /// What another sequence has to become to continue this one; `nil` if this one is unreadable.
  ///
  /// - Parameter margin: How many values of this sequence are left out.
  func continuation(in other: ServerSequence, margin: Int64 = 0) -> SequenceState? {
    guard let later = state?.later(by: margin, increment: increment) else { return nil }
    if increment == other.increment { return later }
    return SequenceState(value: later.next(increment: increment), isCalled: false)
  }

  /// Whether the next value comes before the one of a state; never if it is unreadable.
  func isBehind(_ other: SequenceState) -> Bool {
    guard let state else { return false }
    let (next, wanted) = (state.next(increment: increment), other.next(increment: increment))
    return increment > 0 ? next < wanted : next > wanted
  }
}
