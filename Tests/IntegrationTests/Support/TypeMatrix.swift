import PGWire
import Testing

/// Tables with every type that a server has: alone, in an array, a composite, a range and a domain.
struct TypeMatrix {
  /// One type, and the table that holds its values.
  struct Entry: Sendable {
    let type: String
    let table: String
    /// Whether the server sends it in binary, and the form determines the text.
    let hasBinary: Bool
  }

  private(set) var entries: [Entry] = []
  private let sql: WireConnection
  private let version: Int

  /// Makes the tables, without rows.
  init(_ site: Site) async throws {
    (sql, version) = (site.sql, site.server.version)
    let types = try await sql.rows(
      """
      SELECT t.typname, t.typsend <> 0 FROM pg_type t
      WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
        AND t.typarray <> 0 AND t.typname !~ '^_' ORDER BY t.oid
      """)
    for row in types {
      let type = try #require(row[0])
      guard !Self.withoutInput.contains(type) else { continue }
      let isSent = row[1] == "t" && !type.hasPrefix("reg")
      let entry = Entry(type: type, table: "m\(entries.count)", hasBinary: isSent)
      try await make(entry)
      entries.append(entry)
    }
  }

  /// Types that no text can be made a value of.
  private static let withoutInput: Set = [
    "gtsvector", "pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list",
    "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary",
  ]

  private func make(_ entry: Entry) async throws {
    let (table, type) = (entry.table, entry.type.quoted)
    // A range needs an order, which not all types have.
    try await sql.run(
      """
      CREATE TYPE \(table)c AS (v \(type), t text);
      CREATE DOMAIN \(table)d AS \(type);
      DO $$ BEGIN
        CREATE TYPE \(table)r AS RANGE (subtype = \(type));
      EXCEPTION WHEN undefined_object OR feature_not_supported THEN
        CREATE DOMAIN \(table)r AS text;
      END $$;
      CREATE TABLE \(table) (id int PRIMARY KEY, alone \(type), many \(type)[], part \(table)c,
        parts \(table)c[], range \(table)r, domain \(table)d, domains \(table)d[])
      """)
  }

  /// Fills all tables, in the transaction that is open.
  func fill() async throws {
    for entry in entries {
      let values = try values(of: entry.type)
      try #require(!values.isEmpty, "there is no value of \(entry.type): add one")
      let table = entry.table
      // An array of vectors would be taken for one with more dimensions.
      let many =
        entry.type.hasSuffix("vector") && entry.type != "tsvector" ? "NULL" : "ARRAY[v, NULL]"
      let isRange =
        try await sql.value(
          "SELECT typtype FROM pg_type WHERE oid = '\(table)r'::regtype") == "r"
      try await sql.run(
        """
        INSERT INTO \(table) SELECT row_number() OVER (), v, \(many), ROW(v, 'a "b"')::\(table)c,
          ARRAY[ROW(v, NULL)::\(table)c, NULL], \(isRange ? "\(table)r(v, NULL)" : "NULL"), v,
          ARRAY[v::\(table)d]
        FROM (VALUES \(values.map { "(\($0))" }.joined(separator: ", "))) AS s (v)
        """)
    }
  }

  /// Values of a type, as expressions of SQL.
  private func values(of type: String) throws -> [String] {
    let cases = ValueCases.all(seed: 23).filter { $0.since <= version }
    var values = cases.filter { $0.type.baseName == type }
      .flatMap { $0.literals.prefix(12) }.map { "\($0.literal)::\(type.quoted)" }
    values += (Self.others[type] ?? []).map { "\($0.literal)::\(type.quoted)" }
    switch type {
    case "char": values.append("(-23)::\"char\"")
    case "interval" where version == 15 || version == 16:
      // The greatest; earlier servers can't print it, and for later ones it is infinite.
      values.append(
        """
        ('178956970 years 7 mons 2147483647 days'::interval + '2147483647 hours'::interval
          + '414564141 hours 54.775807 seconds'::interval)
        """)
    case "aclitem": values.append("makeaclitem(10, 10, 'SELECT', false)")
    case "regdatabase": values.append("current_database()::regdatabase")
    case "regrole": values.append("current_user::regrole")
    default: break
    }
    return values
  }

  private static let others = [
    "regproc": ["now"], "regprocedure": ["abs(integer)"], "regoper": ["||/"],
    "regoperator": ["+(integer,integer)"], "regclass": ["pg_class"], "regtype": ["integer"],
    "regconfig": ["simple"], "regdictionary": ["simple"], "regnamespace": ["pg_catalog"],
    "regcollation": ["\"C\""], "refcursor": ["c \"1\""], "txid_snapshot": ["10:20:10,14"],
    "int8multirange": ["{[1,5),[7,9)}"], "tsmultirange": ["{[2000-01-01,2001-01-01)}"],
  ]
}

extension String {
  /// The name in quotes, as a part of a statement.
  fileprivate var quoted: String { "pg_catalog.\"\(self)\"" }

  /// The type's own name: without a length, and of the SQL names those of the catalogue.
  fileprivate var baseName: String {
    if self == "\"char\"" { return "char" }
    let name = String(prefix { $0 != "(" })
    return name == "char" ? "bpchar" : name
  }
}
