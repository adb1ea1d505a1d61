/// Conditions and questions about ranges, as SQL.
///
/// A condition compares the plain columns with constants by one operator for each end, of rows
/// where the key has several columns: in this form the server can use the key's index. Every
/// operator is named with its schema, every constant is a quoted text with a cast, and `BETWEEN`
/// and `IN` are left out because they look their operators up.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/functions-comparisons.html>
extension KeyRange {
  /// The condition that a row lies in the range; `nil` for all rows.
  func condition(_ shape: KeyShape) throws(ReplicationError) -> SQL? {
    var parts: [SQL] = []
    if let start { parts.append(try start.condition(shape, isStart: true)) }
    if let end { parts.append(try end.condition(shape, isStart: false)) }
    switch parts.count {
    case 0: return nil
    case 1: return parts[0]
    default: return "\(parts[0]) AND \(parts[1])"
    }
  }
}

extension KeyBound {
  fileprivate func condition(
    _ shape: KeyShape, isStart: Bool
  ) throws(ReplicationError) -> SQL {
    var columns: [SQL] = []
    for column in shape.columns.prefix(key.values.count) {
      columns.append("\(try Identifier(column.name))")
    }
    let isOrBehind: SQL =
      switch (isStart, side) {
      case (true, .before): "OPERATOR(pg_catalog.>=)"
      case (true, .after): "OPERATOR(pg_catalog.>)"
      case (false, .before): "OPERATOR(pg_catalog.<)"
      case (false, .after): "OPERATOR(pg_catalog.<=)"
      }
    let constants = try key.constants(shape)
    guard !columns.isEmpty, columns.count == constants.count else {
      throw .invalidParameter("a bound of a range has no column, or more columns than its key")
    }
    return columns.count == 1
      ? "\(columns[0]) \(isOrBehind) \(constants[0])"
      : "ROW(\(columns)) \(isOrBehind) ROW(\(constants))"
  }
}

extension Key {
  /// The values as quoted texts with casts.
  fileprivate func constants(_ shape: KeyShape) throws(ReplicationError) -> [SQL] {
    var constants: [SQL] = []
    for (value, column) in zip(values, shape.columns) {
      guard let text = String(validating: value.text(type: column.type), as: UTF8.self) else {
        throw .invalidParameter("a key that is not UTF-8 can't be a bound of a range")
      }
      constants.append("\(try Literal(text))::\(try column.type.type.quoted())")
    }
    return constants
  }
}

extension KeyShape {
  /// The statement that asks where keys lie, whose order is unknown here.
  ///
  /// The result has one row for each key, in the order of the keys: the number of bounds that the
  /// key is behind, which is the index of its range.
  func placesQuestion(
    keys: [Key], bounds: [KeyBound]
  ) throws(ReplicationError) -> SQL {
    var rows: [SQL] = []
    for (index, key) in keys.enumerated() {
      rows.append("(\(UInt32(truncatingIfNeeded: index)), \(try key.constants(self)))")
    }
    var terms: [SQL] = []
    for bound in bounds {
      var columns: [SQL] = []
      for (index, column) in self.columns.prefix(bound.key.values.count).enumerated() {
        let place: SQL = "key.c\(UInt32(truncatingIfNeeded: index))"
        if let collation = column.collation {
          let schema = try Identifier(collation.schema)
          columns.append("\(place) COLLATE \(schema).\(try Identifier(collation.name))")
        } else {
          columns.append(place)
        }
      }
      let isBehind: SQL =
        bound.side == .before ? "OPERATOR(pg_catalog.>=)" : "OPERATOR(pg_catalog.>)"
      let constants = try bound.key.constants(self)
      let test: SQL =
        columns.count == 1
        ? "\(columns[0]) \(isBehind) \(constants[0])"
        : "ROW(\(columns)) \(isBehind) ROW(\(constants))"
      terms.append("CASE WHEN \(test) THEN 1 ELSE 0 END")
    }
    let names: [SQL] = self.columns.indices.map {
      "c\(UInt32(truncatingIfNeeded: $0))"
    }
    let sum = terms.reduce("0") { "\($0) OPERATOR(pg_catalog.+) \($1)" as SQL }
    return """
      SELECT \(sum) AS place FROM (VALUES \(rows)) AS key (n, \(names)) ORDER BY key.n
      """
  }

  /// The statement that asks for the key so many rows behind a range's start.
  ///
  /// It reads that many entries of the key's index. Without a result the range has fewer rows.
  /// A simple query returns the values as the stream's session prints them; a cast to text would
  /// not, of `bool` for example.
  ///
  /// - Parameter source: The table as a FROM clause names it.
  func cutQuestion(
    from source: SQL, range: KeyRange, rows: UInt32
  ) throws(ReplicationError) -> SQL {
    var names: [SQL] = []
    for column in columns { names.append("\(try Identifier(column.name))") }
    let condition = try range.condition(self)
    let filter: SQL = condition.map { " WHERE \($0)" } ?? ""
    return """
      SELECT \(names) FROM \(source)\(filter) ORDER BY \(names) OFFSET \(rows) LIMIT 1
      """
  }
}
