internal import ChangeSinks
internal import PGWire

/// Changed rows, as prepared statements in the pipeline.
extension TargetSession {
  /// Writes an updated row.
  ///
  /// Without an old row its key has stayed the same. A row of which all columns are known is
  /// inserted if the target does not have it.
  func update(
    _ table: TargetTable, _ content: BatchContent, row: Int, old: Int?
  ) throws(SinkError) {
    guard let key = table.key else {
      return try updateAlike(table, content, row: row, old: old)
    }
    let isMoved = old.map { old in
      key.columns.contains { content.differ(row + $0, old + $0) }
    }
    let count = table.columns.count
    guard content.isComplete(row, columns: count) else {
      let known = content.known(row, columns: count)
      let identity = isMoved == true ? old ?? row : row
      guard key.columns.allSatisfy({ content.cells[identity + $0] >= 0 }) else {
        throw table.noIdentity(connection.engine)
      }
      guard !table.settable(known).isEmpty else { return }
      return try run(.update, table, content, row: row, old: identity, known: known)
    }
    guard isMoved == true, let old else {
      return try run(.upsert, table, content, row: row, old: row)
    }
    if key.columns.allSatisfy({ table.columns[$0].isUpdatable }) {
      try run(.move, table, content, row: row, old: old)
    } else {
      // An identity column that is always generated can be inserted, and not updated.
      try run(.delete, table, content, row: old, old: old)
      try run(.upsert, table, content, row: row, old: row)
    }
  }

  /// Deletes a row.
  func delete(_ table: TargetTable, _ content: BatchContent, old: Int) throws(SinkError) {
    if let key = table.key {
      guard key.columns.allSatisfy({ content.cells[old + $0] >= 0 }) else {
        throw table.noIdentity(connection.engine)
      }
      return try run(.delete, table, content, row: old, old: old)
    }
    let compared = try compared(table, content, old)
    try run(.deleteAlike, table, content, row: old, old: old, compared: compared)
  }

  private func updateAlike(
    _ table: TargetTable, _ content: BatchContent, row: Int, old: Int?
  ) throws(SinkError) {
    let known = content.known(row, columns: table.columns.count)
    guard !table.settable(known).isEmpty else { return }
    let compared = try compared(table, content, old ?? row)
    try run(
      .updateAlike, table, content, row: row, old: old ?? row, known: known, compared: compared)
  }

  /// The columns by which a row is told that has no key in the target.
  private func compared(
    _ table: TargetTable, _ content: BatchContent, _ old: Int
  ) throws(SinkError) -> [Bool] {
    let compared = table.columns.indices.map { column in
      table.columns[column].isKey && content.cells[old + column] != BatchContent.unknown
    }
    guard compared.contains(true) else { throw table.noIdentity(connection.engine) }
    return compared
  }

  /// Runs the statement that a verb needs, which is prepared when it is needed first.
  ///
  /// - Parameters:
  ///   - row: The place of the row's first cell.
  ///   - old: That of the row as it was before.
  ///   - known: Which columns the statement sets; empty for all.
  ///   - compared: Which columns tell the row; empty for those of the key.
  func run(
    _ verb: TargetVerb, _ table: TargetTable, _ content: BatchContent, row: Int, old: Int,
    known: [Bool] = [], compared: [Bool] = []
  ) throws(SinkError) {
    let key = TargetStatement.Key(
      shape: table.shape, verb: verb, known: known, compared: compared)
    let prepared: (name: String, statement: TargetStatement)
    if let known = statements[key] {
      prepared = known
    } else {
      prepared = try prepare(key, table)
    }
    places.removeAll(keepingCapacity: true)
    for parameter in prepared.statement.parameters {
      switch parameter {
      case .row(let column): places.append(content.cells[row + column])
      case .old(let column): places.append(content.cells[old + column])
      }
    }
    try connection.run(prepared.name, content.bytes, places, expectation(verb, table))
  }

  private func expectation(
    _ verb: TargetVerb, _ table: TargetTable
  ) -> TargetConnection.Expectation {
    switch verb {
    // With nothing but the key's columns it does nothing if the row is there.
    case .upsert, .move: .success
    case .update, .delete, .updateAlike, .deleteAlike:
      options.missingRows == .refuse ? .row(of: table, verb) : .success
    }
  }

  private func prepare(
    _ key: TargetStatement.Key, _ table: TargetTable
  ) throws(SinkError) -> (name: String, statement: TargetStatement) {
    let statement = table.statement(key)
    statementCount += 1
    let prepared = (name: "pgcdc_\(statementCount)", statement: statement)
    try connection.prepare(
      prepared.name, statement.sql,
      types: statement.parameters.map { table.columns[$0.column].type })
    statements[key] = prepared
    return prepared
  }
}
