public import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire
public import ReplicationCore

/// Turns what a subscription delivers into what a ``PostgresSink`` writes.
public struct PostgresEncoder: SinkEncoder {
  /// A shape that the target knows.
  struct Shape: Sendable {
    let number: Int
    var relation: Relation
  }

  /// The state when a chunk began, to go back to.
  private struct ChunkBeginning: Sendable {
    let batch: ObjectIdentifier
    let mark: BatchContent.Mark
    let shapes: [UInt32: Shape]
    let known: [UInt32: Relation]
  }

  let subscription: Subscription
  let logger: Logger
  /// The tables as the target has them, by their oids in the source.
  var known: [UInt32: Relation]
  /// The shapes that rows have now, by the tables' oids.
  var shapes: [UInt32: Shape] = [:]
  var types = TypeCatalog()
  private var shapeCount = 0
  /// Whether the item that is open has brought anything to do.
  private var hasBegun = false
  private var chunk: ChunkBeginning?
  private var chunkShape = 0

  /// An encoder for one subscription.
  ///
  /// - Parameter known: The tables that the target has already, as they were when it was written to
  ///   last.
  init(_ subscription: Subscription, known: [UInt32: Relation], logger: Logger) {
    self.subscription = subscription
    self.known = known
    self.logger = logger
    types = TypeCatalog()
  }

  /// A number for a new shape.
  mutating func takeShapeNumber() -> Int {
    shapeCount += 1
    return shapeCount
  }

  // MARK: Transactions

  public mutating func begin(
    _ transaction: ReplicationTransaction, to batch: PostgresBatch
  ) async throws {
    guard transaction.kind == .committed || transaction.kind == .message else {
      throw SinkError(
        engine: "PostgreSQL", .fatal,
        "the slot delivers \(transaction.kind), since it was created for prepared transactions; "
          + "use another slot")
    }
    hasBegun = false
  }

  public mutating func append(
    _ change: TransactionChange, of transaction: ReplicationTransaction, to batch: PostgresBatch
  ) async throws {
    switch change {
    case .insert(let row):
      let shape = try await shape(of: row.relation, to: batch)
      try batch.update { content throws(RowError) in
        let place = try row.withRow { view throws(RowError) in try content.append(view) }
        content.append(.insert(shape, row: place))
      }
    case .update(let row):
      let shape = try await shape(of: row.relation, to: batch)
      try batch.update { content throws(RowError) in
        let place = try row.withRow { view throws(RowError) in try content.append(view) }
        let old = try row.withOldRow { view throws(RowError) in try content.append(view) }
        content.append(.update(shape, row: place, old: old))
      }
    case .delete(let row):
      let shape = try await shape(of: row.relation, to: batch)
      try batch.update { content throws(RowError) in
        let place = try row.withRow { view throws(RowError) in try content.append(view) }
        content.append(.delete(shape, old: place))
      }
    case .truncate(let truncate, _):
      var emptied: [Int] = []
      for relation in truncate.relations {
        emptied.append(try await shape(of: relation, to: batch))
      }
      add(
        .truncate(
          emptied, restartsIdentity: truncate.restartsIdentity, cascades: truncate.cascades),
        to: batch)
    case .relation(let change): _ = try await shape(of: change.relation, to: batch)
    case .message: return
    @unknown default:
      throw SinkError(
        engine: "PostgreSQL", .fatal, "the stream has brought a kind of change that is unknown")
    }
    hasBegun = true
  }

  public mutating func end(
    _ transaction: ReplicationTransaction, to batch: PostgresBatch
  ) async throws {
    // Without it the batch could be empty, and the part in the target would never be committed.
    if hasBegun { add(.end(transaction.commitTime.map { "\($0)" }), to: batch) }
    hasBegun = false
  }

  // MARK: Tables that are read

  public mutating func begin(_ chunk: SnapshotChunk, to batch: PostgresBatch) async throws {
    self.chunk = ChunkBeginning(
      batch: ObjectIdentifier(batch), mark: batch.update { $0.mark }, shapes: shapes, known: known)
    let range = chunk.range
    chunkShape = try await shape(
      of: chunk.table.relation, to: batch, readBy: chunk.table, isReadWhole: range.isWholeTable)
    let condition = try range.condition()
    add(
      .clear(
        chunkShape, condition.map { ClearedRange(condition: $0, columns: range.columns) }),
      to: batch)
  }

  public mutating func append(_ rows: SnapshotBatch, to batch: PostgresBatch) async throws {
    let shape = chunkShape
    try batch.update { content throws(RowError) in
      let first = content.cells.count
      try rows.forEachRow { row throws(RowError) in _ = try content.append(row) }
      content.append(rows: rows.rowCount, of: shape, first: first)
    }
  }

  public mutating func end(_ chunk: SnapshotChunk, to batch: PostgresBatch) async throws {
    self.chunk = nil
    add(.end(nil), to: batch)
  }

  /// What the target has of the range is rolled back.
  public mutating func withdraw(_ chunk: SnapshotChunk, to batch: PostgresBatch) async throws {
    guard let beginning = self.chunk else { return }
    self.chunk = nil
    (shapes, known) = (beginning.shapes, beginning.known)
    let isSame = beginning.batch == ObjectIdentifier(batch)
    batch.update { content in
      if isSame, content.cut(to: beginning.mark) { return }
      // A part was written, and all that is in this batch belongs to the range.
      content.removeAll()
      content.append(.undo)
    }
  }

  public mutating func append(_ table: WholeTable, to batch: PostgresBatch) async throws {
    logger.info(
      "a table is whole in the target",
      metadata: ["table": "\(table.namespace).\(table.name)", "from": "\(table.position)"])
  }

  private func add(_ operation: BatchOperation, to batch: PostgresBatch) {
    batch.update { $0.append(operation) }
  }
}
