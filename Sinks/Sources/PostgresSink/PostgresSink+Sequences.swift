internal import ChangeSinks
internal import PGWire
public import ReplicationCore

/// The value of a sequence that was copied.
public struct CopiedSequence: Hashable, Sendable {
  /// The sequence in the target, with its schema.
  public let name: String
  /// The value that it has now; the next one comes after it.
  public let value: Int64
}

extension PostgresSink {
  /// Gives sequences of the target the values that those of the source have.
  ///
  /// A stream has the values that columns got, and nothing of the sequences they came from. To move
  /// an application to the target, stop it, wait until the sink has everything, call this, and
  /// start the application with the target.
  ///
  /// It concerns sequences that belong to columns (`serial`, identities, `OWNED BY`) of mirrored
  /// tables, where a column of the same name has one on both sides. Tables that the sink has made
  /// have none: create the tables before, with `pg_dump --schema-only` for example. A sequence that
  /// is further in the target stays as it is.
  ///
  /// - Parameters:
  ///   - params: The source, and the slot whose tables are meant.
  ///   - margin: How many values are left out, in case that the application still runs.
  /// - Returns: The sequences that were changed.
  /// - Throws: ``/ChangeSinks/SinkError``, or ``/ReplicationCore/ReplicationError`` if the source
  ///   can't be asked.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/functions-sequence.html>
  public func copySequences(
    from params: ReplicationParams, margin: Int64 = 0
  ) async throws -> [CopiedSequence] {
    let found: [[String?]]
    do throws(PGWireError) {
      let source = try await WireConnection.connect(
        params.connection, settings: SourceCatalog.settings)
      defer { source.close() }
      found = try await source.query(OwnedSequence.query).first?.rows ?? []
    } catch {
      throw ReplicationError.connection(error)
    }
    let sequences = found.compactMap { OwnedSequence($0) }
    let settings = try await settings(slot: params.slot)
    let (slot, schema) = (params.slot, options.stateSchema)
    return try await BlockingThread.run { () throws(SinkError) -> [CopiedSequence] in
      try OwnedSequence.copy(sequences, settings, slot: slot, schema: schema, margin: margin)
    }
  }
}

/// A sequence that belongs to a column.
private struct OwnedSequence: Sendable {
  private struct Column: Hashable {
    let schema: String
    let table: String
    let column: String
  }

  private let column: Column
  /// Quoted, with its schema.
  private let name: String
  private let increment: Int64
  /// The last value that it gave; `nil` if it has given none.
  private let value: Int64?

  /// All that there are, with the values of those that the role may read.
  static let query = """
    SELECT n.nspname, t.relname, a.attname, m.nspname, s.relname, q.increment_by, q.last_value
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_catalog.pg_namespace AS m ON m.oid = s.relnamespace
    JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    JOIN pg_catalog.pg_sequences AS q ON q.schemaname = m.nspname AND q.sequencename = s.relname
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    """

  init?(_ row: [String?]) {
    guard row.count == 7, let schema = row[0], let table = row[1], let column = row[2],
      let ownSchema = row[3], let ownName = row[4],
      let increment = row[5].flatMap({ Int64($0) }), increment != 0
    else { return nil }
    self.column = Column(schema: schema, table: table, column: column)
    name = "\(ownSchema.quotedName).\(ownName.quotedName)"
    self.increment = increment
    value = row[6].flatMap { Int64($0) }
  }

  /// Sets the target's sequences that are behind those of the source.
  static func copy(
    _ sequences: [OwnedSequence], _ settings: TargetSettings, slot: String, schema: String,
    margin: Int64
  ) throws(SinkError) -> [CopiedSequence] {
    let target = try TargetConnection.open(settings)
    target.activity = "copying the values of sequences"
    try target.query("SELECT pg_catalog.set_config('search_path', '', false)")
    let mirrored = try target.query(
      """
      SELECT schema_name, table_name FROM \(schema.quotedName)."tables" WHERE slot = $1
      """, [slot])
    let tables = Set(mirrored)
    let values = Dictionary(
      sequences.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
    var copied: [CopiedSequence] = []
    for row in try target.query(query) {
      guard let own = OwnedSequence(row), tables.contains([own.column.schema, own.column.table]),
        let value = values[own.column]?.value
      else { continue }
      let wanted = own.behind(value, margin: margin)
      guard own.isBehind(wanted) else { continue }
      try target.query(
        "SELECT pg_catalog.setval($1::pg_catalog.regclass, $2::pg_catalog.int8)",
        [own.name, "\(wanted)"])
      copied.append(CopiedSequence(name: own.name, value: wanted))
    }
    return copied
  }

  /// The value that comes so many behind another one.
  private func behind(_ value: Int64, margin: Int64) -> Int64 {
    let (distance, isLarge) = increment.multipliedReportingOverflow(by: margin)
    let (sum, isBeyond) = value.addingReportingOverflow(distance)
    return isLarge || isBeyond ? value : sum
  }

  /// Whether the sequence has not given a value yet, nor a later one.
  private func isBehind(_ other: Int64) -> Bool {
    guard let value else { return true }
    return increment > 0 ? value < other : value > other
  }
}
