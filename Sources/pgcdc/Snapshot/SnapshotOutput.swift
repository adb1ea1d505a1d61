internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// Writes the rows of a snapshot, one JSON object a line.
struct SnapshotOutput<Format: ChangeFormat>: ~Copyable {
  private var writer = FileWriter.standardOutput()
  private var format: Format
  private var meter = SnapshotMeter()
  private let client: Client?

  /// - Parameter client: Asks the catalog about the tables, if the lines depend on it.
  init(_ format: Format, describing client: Client?) {
    self.format = format
    self.client = client
  }

  /// Writes the rows of all published tables.
  mutating func write(_ snapshot: ExportedSnapshot, _ options: SnapshotOptions) async throws {
    let tables = try await snapshot.tables()
    if let table = tables.first { format.types = table.types }
    if let client {
      let oids = tables.map(\.relation.oid)
      for table in try await client.describeTables(oids) { format.describe(table) }
    }
    for table in tables { try format.check(table.relation, to: &writer.buffer) }
    var latest: SnapshotProgress?
    do {
      try await snapshot.read(tables, options: options) { progress in
        latest = progress
      } _: { event in
        if let latest { meter.show(SnapshotFigures(latest)) }
        guard case .rows(let batch) = event else { return }
        try write(batch)
      }
      try writer.flush()
      // The snapshot counts as read when this returns.
      try writer.whenDurable {}
      try writer.drain()
    } catch {
      meter.clear()
      throw error
    }
    if let latest { meter.end(SnapshotFigures(latest)) }
  }

  private mutating func write(_ batch: SnapshotBatch) throws {
    try format.append(batch, to: &writer.buffer)
    try writer.flush()
  }
}
