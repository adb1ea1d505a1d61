internal import PGOutput

/// The definitions of user-defined types, from the catalog.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
extension ControlConnection {
  /// These types and those that they consist of, except the built-in ones.
  func describeTypes(_ oids: [UInt32]) throws(ControlError) -> [TypeCatalog.Entry] {
    let types = try ask(.types(oids))
    let found = types.map(\.name.oid)
    let labels = try ask(.enumLabels(of: found))
    let fields = try ask(.compositeFields(of: found))
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

  /// Whether a transaction that the stream delivered is still in progress for other sessions.
  func isInProgress(_ xid: UInt32) throws(ControlError) -> Bool {
    try ask(.isInProgress(fullTransactionID(xid, near: try ask(.nextTransactionID))))
  }
}

extension ControlConnection {
  /// The settings, besides the types, that the text of values depends on.
  ///
  /// This connection has the database's own `lc_monetary`, unlike connections that send values.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-money.html>
  func valueStyle() throws(ControlError) -> ValueTextStyle {
    ValueTextStyle(serverVersion: serverVersion, moneyScale: try ask(.moneyScale))
  }
}

extension ControlQuery<Int> {
  /// How many decimals an amount of `money` has.
  fileprivate static var moneyScale: Self {
    Self(
      "SELECT pg_catalog.scale(1::pg_catalog.money::pg_catalog.numeric)::pg_catalog.text AS scale"
    ) { rows throws(ControlError) in
      guard let scale = rows.first?.int("scale"), (0...10).contains(scale) else {
        throw .unexpectedResult("the scale of an amount of money")
      }
      return Int(scale)
    }
  }
}

/// A part of a type: an enum's label, or a composite's field and its type.
private struct TypePart {
  let name: String
  let field: UInt32

  /// The parts in these rows, by their type, in order.
  static func list(_ rows: [ResultRow]) throws(ControlError) -> [UInt32: [TypePart]] {
    var parts: [UInt32: [TypePart]] = [:]
    for row in rows {
      guard let type = row.oid("type"), let name = row["name"] else {
        throw .unexpectedResult("a part of a type without a name")
      }
      parts[type, default: []].append(TypePart(name: name, field: row.oid("field") ?? 0))
    }
    return parts
  }
}

extension ControlQuery<[UInt32: [TypePart]]> {
  fileprivate static func enumLabels(of types: [UInt32]) -> Self {
    Self(
      """
      SELECT enumtypid AS type, enumlabel AS name FROM pg_catalog.pg_enum
      WHERE enumtypid OPERATOR(pg_catalog.=) ANY (\(values: types)::pg_catalog.oid[])
      ORDER BY enumtypid, enumsortorder
      """, read: TypePart.list)
  }

  fileprivate static func compositeFields(of types: [UInt32]) -> Self {
    Self(
      """
      SELECT types.oid AS type, attributes.attname AS name, attributes.atttypid AS field
      FROM pg_catalog.pg_type AS types
      JOIN pg_catalog.pg_attribute AS attributes
        ON attributes.attrelid OPERATOR(pg_catalog.=) types.typrelid
      WHERE types.oid OPERATOR(pg_catalog.=) ANY (\(values: types)::pg_catalog.oid[])
        AND types.typtype OPERATOR(pg_catalog.=) 'c'
        AND attributes.attnum OPERATOR(pg_catalog.>) 0 AND NOT attributes.attisdropped
      ORDER BY types.oid, attributes.attnum
      """, read: TypePart.list)
  }
}

extension ControlQuery<[TypeCatalog.Entry]> {
  /// The types and those that they consist of, without the labels of enums and the fields of
  /// composites.
  fileprivate static func types(_ oids: [UInt32]) -> Self {
    // Ranges refer to their multiranges since server 14; since the row is read as JSON, the column
    // may be missing. That is done once for each range, not for each pair of a type and a range.
    Self(
      """
      WITH RECURSIVE ranges (oid, bound) AS MATERIALIZED (
        SELECT found.rngtypid, found.rngsubtype FROM pg_catalog.pg_range AS found
        UNION ALL SELECT (pg_catalog.to_jsonb(found) OPERATOR(pg_catalog.->>)
          'rngmultitypid')::pg_catalog.oid, found.rngsubtype FROM pg_catalog.pg_range AS found
      ), wanted (oid) AS (
        SELECT pg_catalog.unnest(\(values: oids)::pg_catalog.oid[])
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
      """
    ) { rows throws(ControlError) in
      var entries: [TypeCatalog.Entry] = []
      for row in rows {
        guard let oid = row.oid("oid"), let namespace = row["namespace"], let name = row["name"]
        else { throw .unexpectedResult("a row of pg_type without a name") }
        // Types that this package knows by itself need no entry; the rest of pg_catalog does, such
        // as pg_node_tree and the row types of the catalogs.
        guard BuiltinType(oid: oid) == nil, BuiltinType(arrayOID: oid) == nil else { continue }
        entries.append(
          TypeCatalog.Entry(
            TypeName(oid: oid, namespace: namespace, name: name), TypeCatalog.Kind(row)))
      }
      return entries
    }
  }
}

extension TypeCatalog.Kind {
  fileprivate init(_ row: ResultRow) {
    let part = row.oid("part") ?? 0
    self =
      switch row["kind"] {
      case "a": .array(element: part, delimiter: row["delimiter"]?.utf8.first ?? 0x2C)
      case "c": .composite(fields: [])
      case "d": .domain(base: part)
      case "e": .enumeration(labels: [])
      case "m": .multirange(bound: part)
      case "r": .range(bound: part)
      default: .base
      }
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

extension ServerQuestion {
  /// What is asked about types.
  static var aboutTypes: [(question: ServerQuestion, sql: SQL)] {
    [
      (.types, ControlQuery<[TypeCatalog.Entry]>.types([]).sql),
      (.enumLabels, ControlQuery<[UInt32: [TypePart]]>.enumLabels(of: []).sql),
      (.compositeFields, ControlQuery<[UInt32: [TypePart]]>.compositeFields(of: []).sql),
      (.moneyScale, ControlQuery<Int>.moneyScale.sql),
    ]
  }
}
