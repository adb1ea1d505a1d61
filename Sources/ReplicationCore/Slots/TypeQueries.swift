internal import PGOutput

extension ControlConnection {
  /// What the catalogue says about the types that aren't built in.
  ///
  /// Of the row types of tables only those that columns have: a database has as many as tables.
  func typeCatalog() throws(ControlError) -> TypeCatalog {
    let labels = try grouped(
      """
      SELECT enumtypid AS type, enumlabel AS name FROM pg_catalog.pg_enum
      ORDER BY enumtypid, enumsortorder
      """)
    let fields = try grouped(
      """
      SELECT c.reltype AS type, a.attname AS name, a.atttypid AS number
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.reltype >= 10000 AND (c.relkind = 'c'
        OR c.reltype IN (SELECT atttypid FROM pg_catalog.pg_attribute)
        OR c.reltype IN (SELECT y.typelem FROM pg_catalog.pg_attribute u
          JOIN pg_catalog.pg_type y ON y.oid = u.atttypid))
      ORDER BY c.reltype, a.attnum
      """)
    let types = try query(
      """
      SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind,
        t.typbasetype AS base, CASE WHEN e.typarray = t.oid THEN e.oid END AS element,
        pg_catalog.ascii(e.typdelim) AS delimiter,
        coalesce(r.rngsubtype, m.rngsubtype) AS bound
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
      LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
      LEFT JOIN pg_catalog.pg_range m ON t.typtype = 'm'
        AND pg_catalog.to_jsonb(m) ->> 'rngmultitypid' = t.oid::pg_catalog.text
      WHERE t.oid >= 10000
      """)
    var catalog = TypeCatalog()
    for row in types.rows.indices {
      func number(_ column: String) -> UInt32? {
        types.value(column, row: row).flatMap { UInt32($0) }
      }
      guard let oid = number("oid") else { continue }
      let kind: TypeCatalog.Kind
      switch types.value("kind", row: row) {
      case "e": kind = .enumeration(labels: (labels[oid] ?? []).map(\.name))
      case "c":
        guard let fields = fields[oid] else { continue }
        kind = .composite(fields: fields.map { .init(name: $0.name, typeOID: $0.number) })
      case "d": kind = .domain(base: number("base") ?? 0)
      case "r": kind = .range(bound: number("bound") ?? 0)
      case "m": kind = .multirange(bound: number("bound") ?? 0)
      default:
        guard let element = number("element") else {
          kind = .base
          break
        }
        let delimiter = number("delimiter").map { UInt8(truncatingIfNeeded: $0) }
        kind = .array(element: element, delimiter: delimiter ?? UInt8(ascii: ","))
      }
      let name = TypeName(
        oid: oid, namespace: types.value("schema", row: row) ?? "",
        name: types.value("name", row: row) ?? "")
      catalog.insert(.init(name, kind))
    }
    return catalog
  }

  /// The rows of a query for the parts of types, by type, in the query's order.
  private func grouped(
    _ sql: StaticString
  ) throws(ControlError) -> [UInt32: [(name: String, number: UInt32)]] {
    let result = try query(sql)
    var parts: [UInt32: [(name: String, number: UInt32)]] = [:]
    for row in result.rows.indices {
      guard let type = result.value("type", row: row).flatMap({ UInt32($0) }) else { continue }
      let number = result.value("number", row: row).flatMap { UInt32($0) } ?? 0
      parts[type, default: []].append((result.value("name", row: row) ?? "", number))
    }
    return parts
  }
}
