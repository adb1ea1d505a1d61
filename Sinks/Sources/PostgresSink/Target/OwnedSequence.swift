internal import ChangeSinks
internal import PGWire
internal import ReplicationCore

/// A sequence that belongs to a column.
struct OwnedSequence: Sendable {
  private struct Column: Hashable {
    let schema: String
    let table: String
    let column: String

    /// Quoted.
    var name: String {
      "\(schema.quotedName).\(table.quotedName).\(column.quotedName)"
    }
  }

  private let column: Column
  /// Quoted, with its schema.
  private let name: String
  private let increment: Int64
  /// The last value that it gave; `nil` if it has given none, or may not be read.
  private let value: Int64?
  private let isReadable: Bool

  /// All that there are, with the values of those that the role may read.
  private static let query = """
    SELECT n.nspname, t.relname, a.attname, m.nspname, s.relname, q.increment_by, q.last_value,
      pg_catalog.has_sequence_privilege(s.oid, 'SELECT, USAGE')
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
    ORDER BY 1, 2, a.attnum
    """

  private init?(_ row: [String?]) {
    guard row.count == 8, let schema = row[0], let table = row[1], let column = row[2],
      let ownSchema = row[3], let ownName = row[4],
      let increment = row[5].flatMap({ Int64($0) }), increment != 0
    else { return nil }
    self.column = Column(schema: schema, table: table, column: column)
    name = "\(ownSchema.quotedName).\(ownName.quotedName)"
    self.increment = increment
    value = row[6].flatMap { Int64($0) }
    isReadable = row[7] == "t"
  }

  /// Those of the source.
  ///
  /// - Throws: `ReplicationError` if it can't be asked.
  static func all(
    of connection: ConnectionOptions
  ) async throws(ReplicationError) -> [OwnedSequence] {
    do throws(PGWireError) {
      let source = try await WireConnection.connect(connection, settings: SourceCatalog.settings)
      defer { source.close() }
      return (try await source.query(query).first?.rows ?? []).compactMap { OwnedSequence($0) }
    } catch {
      throw .connection(error)
    }
  }

  /// Sets the target's sequences that are behind those of the source.
  static func copy(
    _ sequences: [OwnedSequence], _ settings: TargetSettings, slot: String, schema: String,
    margin: Int64
  ) throws(SinkError) -> [CopiedSequence] {
    let target = try open(settings, "copying the values of sequences")
    let tables = try mirrored(target, slot: slot, schema: schema)
    let values = byColumn(sequences)
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

  /// Compares the target's sequences with those of the source.
  static func check(
    _ sequences: [OwnedSequence], _ settings: TargetSettings, slot: String, schema: String
  ) throws(SinkError) -> SequenceCheck {
    let target = try open(settings, "comparing sequences")
    let tables = try mirrored(target, slot: slot, schema: schema)
    let owned = byColumn(try target.query(query).compactMap { OwnedSequence($0) })
    var ready: [String] = []
    var faults: [SequenceFault] = []
    for sequence in sequences
    where tables.contains([sequence.column.schema, sequence.column.table]) {
      guard let own = owned[sequence.column] else {
        if try hasColumn(target, sequence.column) {
          faults.append(.missing(column: sequence.column.name))
        }
        continue
      }
      if !sequence.isReadable {
        faults.append(.unreadable(sequence: sequence.name))
      } else if let value = sequence.value, own.isBehind(value) {
        faults.append(.behind(sequence: own.name, value: value))
      } else {
        ready.append(own.name)
      }
    }
    return SequenceCheck(ready: ready, faults: faults)
  }

  /// A session in the target in which names have to have their schemas.
  private static func open(
    _ settings: TargetSettings, _ activity: String
  ) throws(SinkError) -> TargetConnection {
    let target = try TargetConnection.open(settings)
    target.activity = activity
    try target.query("SELECT pg_catalog.set_config('search_path', '', false)")
    return target
  }

  /// The tables that the sink mirrors, each with its schema.
  private static func mirrored(
    _ target: TargetConnection, slot: String, schema: String
  ) throws(SinkError) -> Set<[String?]> {
    Set(
      try target.query(
        """
        SELECT schema_name, table_name FROM \(schema.quotedName)."tables" WHERE slot = $1
        """, [slot]))
  }

  private static func hasColumn(
    _ target: TargetConnection, _ column: Column
  ) throws(SinkError) -> Bool {
    try !target.query(
      """
      SELECT 1 FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_class AS t ON t.oid = a.attrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
      WHERE n.nspname = $1::pg_catalog.text AND t.relname = $2::pg_catalog.text
        AND a.attname = $3::pg_catalog.text AND NOT a.attisdropped
      """, [column.schema, column.table, column.column]
    ).isEmpty
  }

  private static func byColumn(_ sequences: [OwnedSequence]) -> [Column: OwnedSequence] {
    Dictionary(sequences.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
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
