internal import ChangeSinks
internal import PGWire

/// Batches.
extension TargetSession {
  /// Writes a batch: what has ended in it is committed, together with the checkpoint.
  ///
  /// The beginning of a transaction whose rest comes with the next batch stays in an open
  /// transaction of the target.
  func write(_ content: BatchContent, _ progress: SinkProgress) throws(SinkError) {
    connection.activity = "writing a batch"
    let count = content.operations.count
    let ended = progress.isInsideTransaction ? content.ended : count
    for operation in content.operations[..<ended] { try perform(operation, content) }
    if progress.checkpoint != nil || ended > 0 && isInTransaction {
      try commit(content, progress.checkpoint)
    }
    guard ended < count else { return }
    for operation in content.operations[ended...] { try perform(operation, content) }
    // Errors have to be known before the next batch.
    try connection.endPipeline()
  }

  private func perform(
    _ operation: BatchOperation, _ content: BatchContent
  ) throws(SinkError) {
    switch operation {
    case .insert(let shape, let row):
      try beginRows()
      try run(.upsert, try table(shape), content, row: row, old: row)
    case .update(let shape, let row, let old):
      try beginRows()
      try update(try table(shape), content, row: row, old: old)
    case .delete(let shape, let old):
      try beginRows()
      try delete(try table(shape), content, old: old)
    case .truncate(let shapes, let restartsIdentity, let cascades):
      try truncate(shapes, restartsIdentity: restartsIdentity, cascades: cascades)
    case .clear(let shape, let range): try clear(try table(shape), range)
    case .rows(let shape, let first, let count):
      try copy(try table(shape), content, first: first, count: count)
    case .shape(let number, let source): try define(number, source)
    case .end: return
    case .undo: try rollBack()
    }
  }

  private func beginRows() throws(SinkError) {
    try begin()
    try connection.beginPipeline()
  }

  /// Ends the pipeline, for a statement that is no prepared one.
  func beginCommand() throws(SinkError) {
    try connection.endPipeline()
    try begin()
  }

  // MARK: Whole tables

  /// Empties tables.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/sql-truncate.html>
  private func truncate(
    _ shapes: [Int], restartsIdentity: Bool, cascades: Bool
  ) throws(SinkError) {
    guard !shapes.isEmpty else { return }
    try beginCommand()
    var names: [String] = []
    for shape in shapes { names.append(try table(shape).name) }
    var sql = "TRUNCATE TABLE \(names.joined(separator: ", "))"
    if restartsIdentity { sql += " RESTART IDENTITY" }
    if cascades, options.cascadesTruncates { sql += " CASCADE" }
    try connection.query(sql)
  }

  /// Deletes the rows of a range, or all.
  private func clear(_ table: TargetTable, _ range: ClearedRange?) throws(SinkError) {
    try beginCommand()
    guard let range else {
      try connection.query("DELETE FROM \(table.name)")
      return
    }
    try checkOrder(of: range.columns, table)
    try connection.query("DELETE FROM \(table.name) WHERE \(range.condition)")
  }

  /// Makes sure that the target has a key's values in the order of the source.
  private func checkOrder(of columns: [String], _ table: TargetTable) throws(SinkError) {
    guard !options.acceptsOtherCollations else { return }
    for (source, target) in zip(table.source.columns, table.columns)
    where columns.contains(source.name) {
      if let order = source.order, order == target.order, try hasSameLabels(source.type) {
        continue
      }
      throw error(
        .needsOperator,
        "a range of \(table.title) can't be deleted, since the column \(source.name) of its key is "
          + "ordered as \"\(source.order ?? "unknown")\" in the source and as "
          + "\"\(target.order ?? "unknown")\" in the target; give the column the same collation, "
          + "take an initial snapshot, or accept the difference (acceptsOtherCollations)")
    }
  }

  /// Whether the labels of an enum have the source's order.
  private func hasSameLabels(_ type: SourceType) throws(SinkError) -> Bool {
    guard case .enumeration(let name, let labels, _) = type else { return true }
    let found = try self.labels(of: name, over: connection)
    return found.filter { labels.contains($0) } == labels
  }
}
