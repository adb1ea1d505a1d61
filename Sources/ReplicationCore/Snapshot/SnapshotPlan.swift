internal import CDCTime
internal import PGOutput
internal import PGWire

/// A part of a table that one COPY brings.
struct SnapshotRange: Sendable {
  /// Which of the tables it is of.
  let table: Int
  /// What it is read from, which has to be locked before.
  let source: SnapshotTable.Source
  let command: SQL
}

/// Which COPY commands bring the tables, each row once.
struct SnapshotPlan: Sendable {
  let options: SnapshotOptions
  let serverVersion: Int
  /// The blocks that each table had when the plan was made; the last range of each has no end.
  let blocks: [UInt32: Int]

  /// Blocks that one range has at the most, so that no worker is left with all the work.
  private static let mostBlocks = 1 << 14

  /// Blocks that a table can have: their numbers have 32 bits.
  private static let mostBlocksOfTable = Int(UInt32.max)

  /// About as many ranges as a plan may have, whatever sizes a server says: all are in memory.
  private static let mostRanges = 1 << 14

  /// Blocks that a range has at the least, so that the ranges of all tables are not too many.
  private func fewestBlocks(_ tables: [SnapshotTable]) -> Int {
    // Part by part: a server may name one several times.
    let all = tables.flatMap(\.storage).map { blocks(of: $0.oid) }.sumSaturating()
    return all / Self.mostRanges + 1
  }

  private func blocks(of oid: UInt32) -> Int {
    min(max(blocks[oid] ?? 0, 0), Self.mostBlocksOfTable)
  }

  func ranges(_ tables: [SnapshotTable]) throws(ReplicationError) -> [SnapshotRange] {
    var ranges: [SnapshotRange] = []
    let fewestBlocks = fewestBlocks(tables)
    for (index, table) in tables.enumerated() {
      try table.refuseForeignCode()
      for source in try table.sources() {
        for condition in conditions(table, source, fewestBlocks: fewestBlocks) {
          ranges.append(
            SnapshotRange(
              table: index, source: source,
              command: try copy(table, from: source, where: condition)))
        }
      }
    }
    return ranges
  }

  func isBinary(_ table: SnapshotTable) -> Bool { options.prefersBinary && table.hasBinaryForm }

  /// The conditions of each range of a source: what it has, or what the publications have of it.
  private func conditions(
    _ table: SnapshotTable, _ source: SnapshotTable.Source, fewestBlocks: Int
  ) -> [[SQL]] {
    let filter = table.rowFilter.map { filter -> SQL in "\(callersSQL: filter)" }
    if source.avoidsPlanner { return [[]] }
    let ranges =
      source.part.map { blockRanges($0, fewestBlocks: fewestBlocks) } ?? [source.condition]
    return ranges.map { [$0, filter].compactMap(\.self) }
  }

  private func copy(
    _ table: SnapshotTable, from source: SnapshotTable.Source,
    where conditions: [SQL]
  ) throws(ReplicationError) -> SQL {
    var columns: [SQL] = []
    for column in table.relation.columns { columns.append("\(try Identifier(column.name))") }
    if source.avoidsPlanner, let part = source.part {
      let plain: SQL =
        "COPY \(try Identifier(part.schema)).\(try Identifier(part.name)) (\(columns)) TO STDOUT"
      return isBinary(table) ? "\(plain) WITH (FORMAT binary)" : plain
    }
    var query: SQL = "SELECT \(columns) FROM \(source.name)"
    for (index, condition) in conditions.enumerated() {
      query = index == 0 ? "\(query) WHERE (\(condition))" : "\(query) AND (\(condition))"
    }
    return isBinary(table)
      ? "COPY (\(query)) TO STDOUT WITH (FORMAT binary)" : "COPY (\(query)) TO STDOUT"
  }

  /// The conditions for the ranges of a table; `nil` is the whole of it.
  private func blockRanges(
    _ part: SnapshotTable.Storage, fewestBlocks: Int
  ) -> [SQL?] {
    let blocks = blocks(of: part.oid)
    let least = min(max(options.leastBlocks, 1), Self.mostBlocksOfTable)
    guard part.isHeap, serverVersion >= 14, blocks >= 2 * least else { return [nil] }
    // A few for each worker: they end at different times.
    let parts = options.workers.multipliedSaturating(by: 4)
    let wanted = blocks / parts + (blocks % parts == 0 ? 0 : 1)
    let step = max(min(max(wanted, least), max(Self.mostBlocks, least)), fewestBlocks)
    let starts = Array(stride(from: 0, to: blocks, by: step))
    return starts.map { start in
      let from = Self.tid(start)
      guard start + step < blocks else { return "ctid OPERATOR(pg_catalog.>=) \(from)" }
      return """
        ctid OPERATOR(pg_catalog.>=) \(from) \
        AND ctid OPERATOR(pg_catalog.<) \(Self.tid(start + step))
        """
    }
  }

  private static func tid(_ block: Int) -> SQL {
    "'(\(UInt32(clamping: block)),0)'::pg_catalog.tid"
  }
}
