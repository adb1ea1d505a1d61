public import PGOutput
public import PGWire

/// What reading a snapshot brings.
@nonexhaustive public enum SnapshotEvent: Sendable {
  /// Some rows of a table.
  ///
  /// Batches of one table, and of several, come in any order: ranges of a table are read at the
  /// same time. No row comes twice.
  case rows(SnapshotBatch)
  /// All rows of the table have come, and none will follow; how many there were.
  ///
  /// It comes once for each table, for one without rows too.
  case end(of: SnapshotTable, rowCount: Int64)
}

/// Some rows of one table of a snapshot.
///
///     case .rows(let batch):
///       try batch.forEachRow { row throws(RowError) in
///         let id = try row["id", as: Int64.self]
///       }
public struct SnapshotBatch: Sendable {
  /// The table.
  public let table: SnapshotTable
  /// The snapshot's position, which its rows count as written at.
  public let consistentPoint: LSN
  /// How many bytes the rows took on the wire.
  public let byteCount: Int
  let tuples: CopiedTuples

  /// How many rows there are.
  public var rowCount: Int { tuples.count }

  /// Lends every row as the wire has it.
  ///
  /// - Parameter body: Called for each row; what it is given is valid only until it returns.
  /// - Throws: What `body` throws; no further row follows then.
  public func forEachTuple<Failure: Error>(
    _ body: (TupleData) throws(Failure) -> Void
  ) throws(Failure) {
    try tuples.forEach(body)
  }

  /// Lends every row, to be read as those of a stream.
  ///
  /// - Parameters:
  ///   - reader: A reader of the caller's; if `nil`, one that knows the table's types.
  ///   - body: Called for each row; what it is given is valid only until it returns.
  /// - Throws: What `body` throws; no further row follows then.
  public func forEachRow<Failure: Error>(
    using reader: RowReader? = nil, _ body: (RowView) throws(Failure) -> Void
  ) throws(Failure) {
    let reader = reader ?? RowReader(types: table.types)
    try tuples.forEach { tuple throws(Failure) in
      try reader.read(tuple, of: table.relation, at: consistentPoint, body)
    }
  }
}

/// How far the reading of a snapshot has got.
public struct SnapshotProgress: Hashable, Sendable {
  /// Rows that were handed over.
  public internal(set) var rows: Int64 = 0
  /// The bytes that they took on the wire.
  public internal(set) var bytes: Int64 = 0
  /// About how many rows there are in all, if every table has been analyzed.
  public internal(set) var estimatedRows: Int64?
  /// Tables that are done.
  public internal(set) var tablesDone = 0
  /// Tables in all.
  public internal(set) var tables: Int
}
