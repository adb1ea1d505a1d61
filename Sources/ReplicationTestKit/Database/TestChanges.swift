internal import PGOutput

/// The changes of one transaction of a ``TestDatabase``.
///
///     try database.commit { changes in
///       try changes.insert(into: "orders", ["id": 1, "item": "apple"])
///       try changes.update("orders", where: ["id": 1], set: ["item": "pear"])
///       try changes.delete(from: "orders", where: ["id": 1])
///     }
///
/// Tables are named with or without their schema. Nothing is committed if the closure throws.
public struct TestChanges: Sendable {
  private(set) var tables: [TableState]
  private(set) var logged: [LoggedChange] = []

  init(_ tables: [TableState]) {
    self.tables = tables
  }

  /// Inserts a row; columns that are not named are NULL.
  public mutating func insert(
    into table: String, _ row: TestRow
  ) throws(TestDatabaseError) {
    let index = try index(of: table)
    let shape = tables[index].table
    try Self.check(row, of: shape)
    let whole = shape.completed(row)
    try checkKey(of: whole, in: index)
    tables[index].rows.append(whole)
    log(index, PgOutputEncoder.insert(tables[index].oid, new: shape.tuple(whole)))
  }

  /// Updates all rows with these values; every row if none are given.
  ///
  /// - Returns: The number of rows.
  @discardableResult
  public mutating func update(
    _ table: String, where condition: TestRow = [:], set values: TestRow
  ) throws(TestDatabaseError) -> Int {
    let index = try index(of: table)
    let (oid, shape) = (tables[index].oid, tables[index].table)
    try Self.check(condition, of: shape)
    try Self.check(values, of: shape)
    guard shape.hasIdentity else { throw .noReplicaIdentity(table: shape.qualifiedName) }
    var count = 0
    for place in tables[index].rows.indices {
      let old = tables[index].rows[place]
      guard old.has(condition) else { continue }
      let new = old.merging(values) { $1 }
      if shape.key(of: new) != shape.key(of: old) { try checkKey(of: new, in: index) }
      tables[index].rows[place] = new
      log(index, shape.update(oid, from: old, to: new))
      count += 1
    }
    return count
  }

  /// Deletes all rows with these values; every row if none are given.
  ///
  /// - Returns: The number of rows.
  @discardableResult
  public mutating func delete(
    from table: String, where condition: TestRow = [:]
  ) throws(TestDatabaseError) -> Int {
    let index = try index(of: table)
    let (oid, shape) = (tables[index].oid, tables[index].table)
    try Self.check(condition, of: shape)
    guard shape.hasIdentity else { throw .noReplicaIdentity(table: shape.qualifiedName) }
    let found = tables[index].rows.filter { $0.has(condition) }
    tables[index].rows.removeAll { $0.has(condition) }
    for row in found {
      log(
        index,
        shape.replicaIdentity == .full
          ? PgOutputEncoder.delete(oid, old: shape.tuple(row))
          : PgOutputEncoder.delete(oid, key: shape.identityTuple(row)))
    }
    return found.count
  }

  /// Empties tables, as `TRUNCATE` does.
  public mutating func truncate(
    _ names: [String], cascades: Bool = false, restartsIdentity: Bool = false
  ) throws(TestDatabaseError) {
    var described: [DescribedTable] = []
    for name in names {
      let index = try index(of: name)
      tables[index].rows = []
      described.append(tables[index].described)
    }
    let message = PgOutputEncoder.truncate(
      described.map(\.oid), cascades: cascades, restartsIdentity: restartsIdentity)
    logged.append(LoggedChange(tables: described, content: .change(message)))
  }

  /// Writes a logical message, as `pg_logical_emit_message(true, …)` does.
  ///
  /// A stream has it if `ReplicationParams.messages` is set.
  public mutating func message(_ prefix: String, _ content: [UInt8]) {
    logged.append(LoggedChange(tables: [], content: .message(prefix: prefix, content)))
  }

  /// Alters a table, as `ALTER TABLE` does: the next change of it comes with the new shape.
  ///
  /// Rows are NULL in columns that were not there before, and lose the values of those that are
  /// gone.
  public mutating func alter(
    _ table: String, _ change: (inout TestTable) -> Void
  ) throws(TestDatabaseError) {
    let index = try index(of: table)
    var shape = tables[index].table
    change(&shape)
    tables[index].table = shape
    tables[index].rows = tables[index].rows.map { shape.completed($0) }
  }
}

extension TestChanges {
  private func index(of name: String) throws(TestDatabaseError) -> Int {
    guard let index = tables.firstIndex(where: { $0.table.isNamed(name) }) else {
      throw .noTable(name)
    }
    return index
  }

  private static func check(_ row: TestRow, of table: TestTable) throws(TestDatabaseError) {
    let missing = row.keys.sorted().first { name in
      !table.columns.contains { $0.name == name }
    }
    if let missing { throw .noColumn(missing, table: table.qualifiedName) }
  }

  private func checkKey(of row: TestRow, in index: Int) throws(TestDatabaseError) {
    let table = tables[index].table
    guard let key = table.key(of: row) else { return }
    guard !tables[index].rows.contains(where: { table.key(of: $0) == key }) else {
      throw .duplicateKey(table: table.qualifiedName)
    }
  }

  private mutating func log(_ index: Int, _ message: [UInt8]) {
    logged.append(LoggedChange(tables: [tables[index].described], content: .change(message)))
  }
}

extension TestTable {
  /// The same row with all columns of the table, and no others.
  fileprivate func completed(_ row: TestRow) -> TestRow {
    var whole = TestRow()
    for column in columns { whole[column.name] = row[column.name] ?? .null }
    return whole
  }

  /// The message of an update.
  fileprivate func update(_ oid: UInt32, from old: TestRow, to new: TestRow) -> [UInt8] {
    let sent = columns.map { column -> PgOutputEncoder.Column in
      let value = new[column.name] ?? .null
      let isUnchanged = column.isLarge && value != .null && value == old[column.name]
      return isUnchanged ? .unchanged : value.encoded
    }
    if replicaIdentity == .full {
      return PgOutputEncoder.update(oid, old: tuple(old), new: sent)
    }
    let key = key(of: old) == key(of: new) ? nil : identityTuple(old)
    return PgOutputEncoder.update(oid, key: key, new: sent)
  }
}

extension TestRow {
  /// Whether a row has these values.
  fileprivate func has(_ values: TestRow) -> Bool {
    values.allSatisfy { self[$0.key] == $0.value }
  }
}
