/// A statement that is prepared once for many rows of a table.
struct TargetStatement: Sendable {
  /// A value that goes into it.
  enum Parameter: Hashable, Sendable {
    /// That column of the row.
    case row(Int)
    /// That column of what was sent of the row as it was before.
    case old(Int)

    var column: Int {
      switch self {
      case .row(let column), .old(let column): column
      }
    }
  }

  /// What distinguishes the statements of a session.
  struct Key: Hashable, Sendable {
    let shape: Int
    let verb: TargetVerb
    /// Which columns of the row it sets; empty for all.
    var known: [Bool] = []
    /// Which columns of the old row it compares; empty for those of the key.
    var compared: [Bool] = []
  }

  private(set) var sql = ""
  private(set) var parameters: [Parameter] = []

  /// Appends SQL.
  fileprivate mutating func append(_ text: String) { sql += text }

  /// Appends a parameter's place in the SQL.
  fileprivate mutating func append(_ parameter: Parameter) {
    parameters.append(parameter)
    sql += "$\(parameters.count)"
  }

  /// The place of a parameter that is in the SQL already; otherwise the next one.
  fileprivate mutating func appendAgain(_ parameter: Parameter) {
    guard let index = parameters.firstIndex(of: parameter) else { return append(parameter) }
    sql += "$\(index + 1)"
  }
}

// MARK: - Rows with a key

extension TargetTable {
  /// The statement for a key.
  func statement(_ key: TargetStatement.Key) -> TargetStatement {
    let known = columns.indices.map { key.known.isEmpty || key.known[$0] }
    let compared = columns.indices.filter { key.compared.isEmpty || key.compared[$0] }
    return switch key.verb {
    case .upsert: upsert()
    case .update: update(known)
    case .move: move()
    case .delete: delete()
    case .updateAlike: updateAlike(known, compared)
    case .deleteAlike: deleteAlike(compared)
    }
  }

  /// Inserts a row, or gives the row with its key its values.
  private func upsert() -> TargetStatement {
    var statement = TargetStatement()
    guard !written.isEmpty else {
      statement.append("INSERT INTO \(name) DEFAULT VALUES")
      return statement
    }
    statement.append("INSERT INTO \(name) (\(names(written))) OVERRIDING SYSTEM VALUE VALUES (")
    for (index, column) in written.enumerated() {
      if index > 0 { statement.append(", ") }
      statement.append(.row(column))
    }
    statement.append(")")
    statement.append(onConflict)
    return statement
  }

  /// Empty without a key.
  private var onConflict: String {
    guard let key else { return "" }
    let others = written.filter { columns[$0].isUpdatable && !key.columns.contains($0) }
    let settings = others.map { "\(columns[$0].name) = EXCLUDED.\(columns[$0].name)" }
    let action =
      settings.isEmpty ? "NOTHING" : "UPDATE SET \(settings.joined(separator: ", "))"
    return " ON CONFLICT (\(names(key.columns))) DO \(action)"
  }

  /// Sets the columns of which values are known.
  private func update(_ known: [Bool]) -> TargetStatement {
    var statement = TargetStatement()
    statement.append("UPDATE \(name) SET ")
    appendSettings(known, to: &statement)
    statement.append(" WHERE ")
    appendKey(to: &statement)
    return statement
  }

  /// Gives the row with the old key all values; inserts it if there is no such row.
  private func move() -> TargetStatement {
    var statement = TargetStatement()
    statement.append("WITH moved AS (UPDATE \(name) SET ")
    appendSettings(columns.map { _ in true }, to: &statement)
    statement.append(" WHERE ")
    appendKey(to: &statement)
    statement.append(
      " RETURNING 1) INSERT INTO \(name) (\(names(written))) OVERRIDING SYSTEM VALUE SELECT ")
    for (index, column) in written.enumerated() {
      if index > 0 { statement.append(", ") }
      statement.appendAgain(.row(column))
    }
    statement.append(" WHERE NOT EXISTS (SELECT 1 FROM moved)\(onConflict)")
    return statement
  }

  private func delete() -> TargetStatement {
    var statement = TargetStatement()
    statement.append("DELETE FROM \(name) WHERE ")
    appendKey(to: &statement)
    return statement
  }

  private func appendKey(to statement: inout TargetStatement) {
    guard let key else { return }
    for (index, column) in key.columns.enumerated() {
      if index > 0 { statement.append(" AND ") }
      statement.append("\(columns[column].name) \(key.operators[index]) ")
      statement.append(.old(column))
    }
  }

  private func appendSettings(_ known: [Bool], to statement: inout TargetStatement) {
    for (index, column) in settable(known).enumerated() {
      if index > 0 { statement.append(", ") }
      statement.append("\(columns[column].name) = ")
      statement.append(.row(column))
    }
  }

  /// The columns that an update can set, of those whose values are known.
  func settable(_ known: [Bool]) -> [Int] {
    columns.indices.filter { columns[$0].isWritten && columns[$0].isUpdatable && known[$0] }
  }

  func names(_ places: [Int]) -> String {
    places.map { columns[$0].name }.joined(separator: ", ")
  }
}

// MARK: - Rows without a key

/// Values are compared as text, since some types have no equality (`json`, `point`), and others one
/// that takes different values for the same (`numeric`). Of rows that are alike one is changed.
extension TargetTable {
  private func updateAlike(_ known: [Bool], _ compared: [Int]) -> TargetStatement {
    var statement = TargetStatement()
    statement.append("UPDATE \(name) AS target SET ")
    appendSettings(known, to: &statement)
    appendOneAlike(" FROM", compared, to: &statement)
    return statement
  }

  private func deleteAlike(_ compared: [Int]) -> TargetStatement {
    var statement = TargetStatement()
    statement.append("DELETE FROM \(name) AS target")
    appendOneAlike(" USING", compared, to: &statement)
    return statement
  }

  private func appendOneAlike(
    _ clause: String, _ compared: [Int], to statement: inout TargetStatement
  ) {
    statement.append("\(clause) (SELECT ctid, tableoid FROM \(name) WHERE ")
    for (index, column) in compared.enumerated() {
      if index > 0 { statement.append(" AND ") }
      statement.append(
        "(\(columns[column].name)::pg_catalog.text COLLATE pg_catalog.\"C\") "
          + "IS NOT DISTINCT FROM (")
      statement.append(.old(column))
      statement.append("::pg_catalog.text COLLATE pg_catalog.\"C\")")
    }
    statement.append(
      " LIMIT 1) AS one WHERE target.ctid = one.ctid AND target.tableoid = one.tableoid")
  }
}
