internal import ChangeSinks
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// The sink's own tables in the target.
///
/// `state` has a row for each slot: the checkpoint, and the number of the session that may write.
/// `tables` has the shape that each mirrored table had last, since a stream that is opened again
/// says how a table looks, and not how it looked before.
extension TargetSession {
  func createState() throws(SinkError) {
    connection.activity = "creating the sink's tables"
    let found = try connection.query(
      "SELECT pg_catalog.to_regclass($1), pg_catalog.to_regclass($2)",
      [own("state"), own("tables")])
    if found.first?.contains(nil) == false { return }
    try createSchema(options.stateSchema)
    try connection.query(
      """
      CREATE TABLE IF NOT EXISTS \(own("state")) (
        slot text PRIMARY KEY, epoch bigint NOT NULL, checkpoint bytea,
        updated_at timestamp with time zone NOT NULL)
      """)
    try connection.query(
      """
      CREATE TABLE IF NOT EXISTS \(own("tables")) (
        slot text NOT NULL, oid oid NOT NULL, schema_name text NOT NULL, table_name text NOT NULL,
        identity integer NOT NULL, column_names text[] NOT NULL, column_types oid[] NOT NULL,
        column_modifiers integer[] NOT NULL, column_keys boolean[] NOT NULL,
        PRIMARY KEY (slot, oid))
      """)
  }

  /// Creates a schema, unless it is there: the command needs a right even then.
  func createSchema(_ name: String) throws(SinkError) {
    let found = try connection.query(
      "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1::pg_catalog.name", [name])
    guard found.isEmpty else { return }
    try connection.query("CREATE SCHEMA IF NOT EXISTS \(name.quotedName)")
  }

  /// Reads the checkpoint and the tables, and keeps earlier sessions from writing.
  func readState() throws(SinkError) {
    connection.activity = "reading the state of the slot"
    let rows = try connection.query(
      """
      INSERT INTO \(own("state")) AS former (slot, epoch, updated_at)
      VALUES ($1, 1, pg_catalog.now())
      ON CONFLICT (slot) DO UPDATE SET epoch = former.epoch + 1, updated_at = EXCLUDED.updated_at
      RETURNING epoch, pg_catalog.encode(checkpoint, 'hex')
      """, [slot])
    guard let row = rows.first, row.count == 2, let epoch = row[0] else {
      throw error(.fatal, "the table \(own("state")) does not return its row")
    }
    self.epoch = epoch
    if let text = row[1] { checkpoint = try decode(text) }
    known = try readTables()
    committed = known
  }

  private func decode(_ text: String) throws(SinkError) -> Checkpoint {
    guard let bytes = [UInt8](hex: text) else {
      throw error(.fatal, "the checkpoint in \(own("state")) is damaged")
    }
    do throws(ReplicationError) {
      return try Checkpoint(encoded: bytes)
    } catch {
      throw self.error(.fatal, "the checkpoint in \(own("state")) can't be read: \(error)")
    }
  }

  private func readTables() throws(SinkError) -> [UInt32: Relation] {
    let rows = try connection.query(
      """
      SELECT t.oid, t.schema_name, t.table_name, t.identity, c.name, c.type, c.modifier, c.is_key
      FROM \(own("tables")) AS t LEFT JOIN LATERAL
        unnest(t.column_names, t.column_types, t.column_modifiers, t.column_keys)
          WITH ORDINALITY AS c (name, type, modifier, is_key, place) ON true
      WHERE t.slot = $1 ORDER BY t.oid, c.place
      """, [slot])
    var tables: [UInt32: [[String?]]] = [:]
    for row in rows {
      guard row.count == 8, let oid = row[0].flatMap({ UInt32($0) }) else {
        throw error(.fatal, "a row of \(own("tables")) can't be read")
      }
      tables[oid, default: []].append(row)
    }
    return tables.compactMapValues { Relation(storedIn: $0) }
  }

  /// Notes the shape that a table has now.
  func remember(_ relation: Relation) throws(SinkError) {
    known[relation.oid] = relation
    let columns = relation.columns
    try connection.query(
      """
      INSERT INTO \(own("tables")) (slot, oid, schema_name, table_name, identity, column_names,
        column_types, column_modifiers, column_keys)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (slot, oid) DO UPDATE SET schema_name = EXCLUDED.schema_name,
        table_name = EXCLUDED.table_name, identity = EXCLUDED.identity,
        column_names = EXCLUDED.column_names, column_types = EXCLUDED.column_types,
        column_modifiers = EXCLUDED.column_modifiers, column_keys = EXCLUDED.column_keys
      """,
      [
        slot, "\(relation.oid)", relation.namespace, relation.name,
        "\(relation.replicaIdentity.rawValue)", .array(columns.map(\.name)),
        .array(columns.map { "\($0.typeOID)" }), .array(columns.map { "\($0.typeModifier)" }),
        .array(columns.map { $0.isKey ? "t" : "f" }),
      ])
  }

  /// Forgets a table that the source has no more.
  func forget(_ oid: UInt32) throws(SinkError) {
    known[oid] = nil
    try connection.query(
      "DELETE FROM \(own("tables")) WHERE slot = $1 AND oid = $2::pg_catalog.oid",
      [slot, "\(oid)"])
  }
}

extension Relation {
  /// A shape from the rows of `tables`, one for each column; one without a name if there is none.
  fileprivate convenience init?(storedIn rows: [[String?]]) {
    guard let first = rows.first, let oid = first[0].flatMap({ UInt32($0) }),
      let schema = first[1], let name = first[2],
      let identity = first[3].flatMap({ UInt8($0) }).flatMap(ReplicaIdentity.init(rawValue:))
    else { return nil }
    var columns: [Column] = []
    for row in rows {
      guard let name = row[4] else { continue }
      guard let type = row[5].flatMap({ UInt32($0) }), let modifier = row[6].flatMap({ Int32($0) })
      else { return nil }
      columns.append(
        Column(name: name, isKey: row[7] == "t", typeOID: type, typeModifier: modifier))
    }
    self.init(
      oid: oid, namespace: schema, name: name, replicaIdentity: identity, columns: columns)
  }

  /// The same shape under another name.
  func renamed(_ name: String) -> Relation {
    Relation(
      oid: oid, namespace: namespace, name: name, replicaIdentity: replicaIdentity,
      columns: columns)
  }
}
