internal import PGOutput
internal import PGWire

/// A part of a table that one COPY brings.
struct SnapshotRange: Sendable {
  /// Which of the tables it is of.
  let table: Int
  /// What it is read from, which has to be locked before.
  let source: SnapshotTable.Source
  let command: ReplicationCommand
}

/// Which COPY commands bring the tables, each row once.
struct SnapshotPlan: Sendable {
  let options: SnapshotOptions
  let serverVersion: Int
  /// The blocks that each table had when the plan was made; the last range of each has no end.
  let blocks: [UInt32: Int]

  /// Blocks that one range has at the most, so that no worker is left with all the work.
  private static let mostBlocks = 1 << 14

  func ranges(_ tables: [SnapshotTable]) throws(ReplicationError) -> [SnapshotRange] {
    var ranges: [SnapshotRange] = []
    for (index, table) in tables.enumerated() {
      for source in try table.sources() {
        for condition in conditions(table, source) {
          ranges.append(
            SnapshotRange(
              table: index, source: source,
              command: try copy(table, from: source.name, where: condition)))
        }
      }
    }
    return ranges
  }

  func isBinary(_ table: SnapshotTable) -> Bool { options.prefersBinary && table.hasBinaryForm }

  /// The conditions of each range of a source: what it has, or what the publications have of it.
  private func conditions(
    _ table: SnapshotTable, _ source: SnapshotTable.Source
  ) -> [[ReplicationCommand]] {
    let filter = table.rowFilter.map { filter -> ReplicationCommand in "\(callersSQL: filter)" }
    let ranges = source.part.map(blockRanges) ?? [source.condition]
    return ranges.map { [$0, filter].compactMap(\.self) }
  }

  private func copy(
    _ table: SnapshotTable, from: ReplicationCommand, where conditions: [ReplicationCommand]
  ) throws(ReplicationError) -> ReplicationCommand {
    var columns: [ReplicationCommand] = []
    for column in table.relation.columns { columns.append("\(try Identifier(column.name))") }
    var query: ReplicationCommand = "SELECT \(columns) FROM \(from)"
    for (index, condition) in conditions.enumerated() {
      query = index == 0 ? "\(query) WHERE (\(condition))" : "\(query) AND (\(condition))"
    }
    return isBinary(table)
      ? "COPY (\(query)) TO STDOUT WITH (FORMAT binary)" : "COPY (\(query)) TO STDOUT"
  }

  /// The conditions for the ranges of a table; `nil` is the whole of it.
  private func blockRanges(_ part: SnapshotTable.Storage) -> [ReplicationCommand?] {
    let blocks = blocks[part.oid] ?? 0
    let least = max(options.leastBlocks, 1)
    guard part.isHeap, serverVersion >= 14, blocks >= 2 * least else { return [nil] }
    // A few for each worker: they end at different times.
    let wanted = (blocks + 4 * options.workers - 1) / (4 * options.workers)
    let step = min(max(wanted, least), max(Self.mostBlocks, least))
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

  private static func tid(_ block: Int) -> ReplicationCommand {
    // Blocks have 32-bit numbers.
    "'(\(UInt32(truncatingIfNeeded: block)),0)'::pg_catalog.tid"
  }
}
