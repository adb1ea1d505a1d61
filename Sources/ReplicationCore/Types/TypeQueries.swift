internal import PGOutput

/// What user-made types are made of, from the catalogue.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
extension ControlConnection {
  /// These types, and those that they are made of, but for the built-in ones.
  func describeTypes(_ oids: [UInt32]) throws(ControlError) -> [TypeCatalog.Entry] {
    let types = try lookUpTypes(oids)
    let found = Self.array(types.map(\.name.oid))
    let labels = try pairs(
      query(
        """
        SELECT enumtypid AS type, enumlabel AS name FROM pg_catalog.pg_enum
        WHERE enumtypid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
        ORDER BY enumtypid, enumsortorder
        """, [found]))
    let fields = try pairs(
      query(
        """
        SELECT types.oid AS type, attributes.attname AS name, attributes.atttypid AS field
        FROM pg_catalog.pg_type AS types
        JOIN pg_catalog.pg_attribute AS attributes
          ON attributes.attrelid OPERATOR(pg_catalog.=) types.typrelid
        WHERE types.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
          AND types.typtype OPERATOR(pg_catalog.=) 'c'
          AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
        ORDER BY types.oid, attributes.attnum
        """, [found]))
    return types.map { type in
      let kind: TypeCatalog.Kind =
        switch type.kind {
        case .enumeration: .enumeration(labels: labels[type.name.oid, default: []].map(\.name))
        case .composite:
          .composite(
            fields: fields[type.name.oid, default: []].map {
              .init(name: $0.name, typeOID: $0.field)
            })
        case let kind: kind
        }
      return TypeCatalog.Entry(type.name, kind)
    }
  }

  /// What the text of values depends on besides their types.
  ///
  /// This connection has the database's own `lc_monetary`, unlike those that bring values.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-money.html>
  func valueStyle() throws(ControlError) -> ValueTextStyle {
    let result = try query(
      "SELECT pg_catalog.scale(1::pg_catalog.money::pg_catalog.numeric)::pg_catalog.text AS scale")
    guard let scale = result.value("scale", row: 0).flatMap({ Int($0) }), (0...10).contains(scale)
    else { throw .unexpectedResult("the scale of an amount of money") }
    return ValueTextStyle(serverVersion: serverVersion, moneyScale: scale)
  }

  /// Whether a transaction that the stream has brought is still in progress for other sessions.
  ///
  /// The log has a commit before others see it: while it waits for a synchronous standby, and from
  /// PREPARE TRANSACTION to COMMIT PREPARED. Blocks of a transaction come before its commit.
  ///
  /// Function: `pg_xact_status`,
  /// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT>
  func isInProgress(_ xid: UInt32) throws(ControlError) -> Bool {
    let next = try query(
      """
      SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text AS xmax
      """)
    guard let next = next.value("xmax", row: 0).flatMap({ UInt64($0) }) else {
      throw .unexpectedResult("a snapshot without its end")
    }
    let status = try query(
      "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8) AS status",
      ["\(fullTransactionID(xid, near: next))"])
    return status.value("status", row: 0) == "in progress"
  }

  /// The types, without the labels of enums and the fields of composites.
  private func lookUpTypes(_ oids: [UInt32]) throws(ControlError) -> [TypeCatalog.Entry] {
    // Multiranges are known to their ranges since server 14; asked for as JSON, the column may be
    // missing. That is done once for each range, not for each pair of a type and a range.
    let result = try query(
      """
      WITH RECURSIVE ranges (oid, bound) AS MATERIALIZED (
        SELECT found.rngtypid, found.rngsubtype FROM pg_catalog.pg_range AS found
        UNION ALL SELECT (pg_catalog.to_jsonb(found) OPERATOR(pg_catalog.->>)
          'rngmultitypid')::pg_catalog.oid, found.rngsubtype FROM pg_catalog.pg_range AS found
      ), wanted (oid) AS (
        SELECT pg_catalog.unnest($1::pg_catalog.oid[])
        UNION
        SELECT part.oid FROM wanted
        JOIN pg_catalog.pg_type AS types ON types.oid OPERATOR(pg_catalog.=) wanted.oid
        LEFT JOIN ranges ON ranges.oid OPERATOR(pg_catalog.=) types.oid
        CROSS JOIN LATERAL (
          SELECT types.typbasetype
          UNION ALL SELECT types.typelem WHERE types.typcategory OPERATOR(pg_catalog.=) 'A'
          UNION ALL SELECT ranges.bound WHERE ranges.bound IS NOT NULL
          UNION ALL SELECT attributes.atttypid FROM pg_catalog.pg_attribute AS attributes
            WHERE types.typtype OPERATOR(pg_catalog.=) 'c'
              AND attributes.attrelid OPERATOR(pg_catalog.=) types.typrelid
              AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
        ) AS part (oid)
      )
      SELECT types.oid, namespaces.nspname AS namespace, types.typname AS name,
        CASE WHEN types.typcategory OPERATOR(pg_catalog.=) 'A'
            AND types.typelem OPERATOR(pg_catalog.<>) 0 THEN 'a'
          ELSE types.typtype END AS kind,
        CASE WHEN types.typtype OPERATOR(pg_catalog.=) 'd' THEN types.typbasetype
          WHEN types.typtype OPERATOR(pg_catalog.=) 'b' THEN types.typelem
          ELSE ranges.bound END AS part,
        elements.typdelim AS delimiter
      FROM wanted JOIN pg_catalog.pg_type AS types ON types.oid OPERATOR(pg_catalog.=) wanted.oid
      JOIN pg_catalog.pg_namespace AS namespaces
        ON namespaces.oid OPERATOR(pg_catalog.=) types.typnamespace
      LEFT JOIN pg_catalog.pg_type AS elements ON elements.oid OPERATOR(pg_catalog.=) types.typelem
      LEFT JOIN ranges ON ranges.oid OPERATOR(pg_catalog.=) types.oid
      ORDER BY types.oid
      """, [Self.array(oids)])
    var entries: [TypeCatalog.Entry] = []
    for row in result.rows.indices {
      guard let oid = result.value("oid", row: row).flatMap({ UInt32($0) }),
        let namespace = result.value("namespace", row: row),
        let name = result.value("name", row: row)
      else { throw .unexpectedResult("a row of pg_type without a name") }
      // What this package knows by itself needs no entry; the rest of pg_catalog does, such as
      // pg_node_tree and the row types of the catalogues.
      guard BuiltinType(oid: oid) == nil, BuiltinType(arrayOID: oid) == nil else { continue }
      entries.append(
        TypeCatalog.Entry(
          TypeName(oid: oid, namespace: namespace, name: name), kind(result, row: row)))
    }
    return entries
  }

  private func kind(_ result: ControlResult, row: Int) -> TypeCatalog.Kind {
    let part = result.value("part", row: row).flatMap { UInt32($0) } ?? 0
    return switch result.value("kind", row: row) {
    case "a":
      .array(
        element: part, delimiter: result.value("delimiter", row: row)?.utf8.first ?? 0x2C)
    case "c": .composite(fields: [])
    case "d": .domain(base: part)
    case "e": .enumeration(labels: [])
    case "m": .multirange(bound: part)
    case "r": .range(bound: part)
    default: .base
    }
  }

  /// The rows by their type, in order.
  private func pairs(
    _ result: ControlResult
  ) throws(ControlError) -> [UInt32: [(name: String, field: UInt32)]] {
    var pairs: [UInt32: [(name: String, field: UInt32)]] = [:]
    for row in result.rows.indices {
      guard let type = result.value("type", row: row).flatMap({ UInt32($0) }),
        let name = result.value("name", row: row)
      else { throw .unexpectedResult("a part of a type without a name") }
      let field = result.value("field", row: row).flatMap { UInt32($0) } ?? 0
      pairs[type, default: []].append((name, field))
    }
    return pairs
  }

  /// An array as the server reads it.
  private static func array(_ oids: [UInt32]) -> String {
    "{" + oids.map(String.init).joined(separator: ",") + "}"
  }
}

/// The transaction with these lower 32 bits that is nearest to another one.
func fullTransactionID(_ xid: UInt32, near other: UInt64) -> UInt64 {
  // How far it is behind, or if negative before, the other's lower half.
  let distance = Int64(Int32(bitPattern: xid &- UInt32(truncatingIfNeeded: other)))
  let (id, overflow) = other.addingReportingOverflow(UInt64(bitPattern: distance))
  // No transaction comes before the first.
  return overflow == (distance < 0) ? id : UInt64(xid)
}
