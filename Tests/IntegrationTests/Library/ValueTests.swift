import CDCTime
import PGOutput
import PGWire
import Testing

/// The same value from text and from binary, and both as the server itself prints it.
@Suite struct ValueTests {
  @Test(arguments: TestServer.all)
  func `values of every type are the same from text and from binary`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.makeTypes()
      let catalog = try await site.catalog()
      var values = 0
      for type in ValueCases.all(seed: UInt64(server.version)) where type.since <= server.version {
        values += try await check(type, catalog, site.sql)
      }
      #expect(values > 900)
    }
  }

  @Test(arguments: TestServer.all)
  func `every type that is built in is known, with its arrays`(server: TestServer) async throws {
    try await onSite(server) { site in
      let rows = try await site.sql.rows(
        """
        SELECT oid, typarray, typname FROM pg_type
        WHERE oid < 10000 AND typarray > 0 AND typelem = 0 AND typtype IN ('b', 'r', 'm')
        """)
      for row in rows.map({ $0.map { $0 ?? "" } }) {
        let type = UInt32(row[0]).flatMap { BuiltinType(oid: $0) }
        #expect(type?.rawValue == row[2])
        #expect(type.map { "\($0.arrayOID)" } == row[1], "\(row[2])")
      }
      #expect(rows.count > 60)
    }
  }

  /// Fetches a type's values in both forms and compares; returns how many there were.
  private func check(
    _ values: ValueCase, _ catalog: TypeCatalog, _ sql: WireConnection
  ) async throws -> Int {
    let type = values.type
    let facts = try await sql.rows(
      "SELECT oid, typoutput, typsend FROM pg_type WHERE oid = \(type.literal)::regtype")
    let fact = try #require(facts.first).map { $0 ?? "" }
    let rows = try await sql.rows(
      """
      SELECT \(fact[1])(v)::text, encode(\(fact[2])(v), 'hex')
      FROM (VALUES \(values.literals.map { "(\($0.literal)::\(type))" }.joined(separator: ",")))
      AS s(v)
      """)
    let resolved = catalog.type(oid: try #require(UInt32(fact[0])))
    for row in rows {
      let text = try #require(row[0])
      let hex = try #require(row[1])
      let pair = FormPair(type: resolved, text: Array(text.utf8), binary: bytes(ofHex: hex))
      // Servers pad positions since 19; we never do.
      let expected = type == "pg_lsn" ? try #require(LSN(text)).description : text
      #expect(pair.printed == expected, "\(type), sent as \(hex)")
      #expect(pair.problem == nil, "\(type): \(text), sent as \(hex)")
    }
    return rows.count
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `a stream gives the same lines in text and in binary`(server: TestServer) async throws {
    try await onSite(server) { site in
      let cases = ValueCases.all(seed: 7).filter { $0.since <= server.version }
      try await site.makeTypes()
      let columns = cases.indices.map { "c\($0) \(cases[$0].type)" }.joined(separator: ", ")
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, \(columns))")
      try await site.publish("TABLE t")
      let slots = [site.name, site.name + "binary"]
      for slot in slots {
        try await site.sql.run("SELECT pg_create_logical_replication_slot('\(slot)', 'pgoutput')")
      }
      for index in 0..<20 {
        let values = cases.map { type in
          (type.literals.dropFirst(index).first?.literal ?? "NULL") + "::" + type.type
        }
        try await site.sql.run(
          "INSERT INTO t VALUES (\(index), \(values.joined(separator: ", ")))")
      }
      var outputs: [String] = []
      for (slot, options) in zip(slots, [[], ["--binary"]]) {
        let outcome = try await Pgcdc.run(
          ["stream", "--url", site.url, "--slot", slot, "--publication", site.name, "--until-now"]
            + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        outputs.append(outcome.output)
      }
      #expect(outputs[0].split(separator: "\n").count >= 60)
      #expect(outputs[0] == outputs[1])
    }
  }
}

extension Site {
  /// Types of the user's, of each kind.
  func makeTypes() async throws {
    try await sql.run(
      """
      CREATE TYPE mood AS ENUM ('sad', 'so-so, "really"');
      CREATE DOMAIN posint AS int CHECK (value > 0);
      CREATE TYPE pair AS (a int, b text);
      CREATE TYPE nested AS (p pair, ps posint[], m mood);
      CREATE TYPE textrange AS RANGE (subtype = text);
      CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext;
      CREATE EXTENSION IF NOT EXISTS ltree
      """)
  }

  /// What the database says about the types that aren't built in.
  fileprivate func catalog() async throws -> TypeCatalog {
    let types = try await sql.rows(
      """
      SELECT t.oid, n.nspname, t.typname, t.typtype, t.typbasetype,
        CASE WHEN e.typarray = t.oid THEN e.oid ELSE 0 END, ascii(e.typdelim), r.rngsubtype
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_type e ON e.oid = t.typelem LEFT JOIN pg_range r ON r.rngtypid = t.oid
      WHERE t.oid >= 10000 AND (n.nspname = '\(name)' OR t.typname ~ '^_?(hstore|citext|ltree|lquery)$')
      """)
    let labels = try await sql.rows(
      "SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder")
    let fields = try await sql.rows(
      """
      SELECT c.reltype, a.attname, a.atttypid FROM pg_attribute a JOIN pg_class c
      ON c.oid = a.attrelid WHERE attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
      """)
    return TypeCatalog(
      types.map { row in
        let number = { (column: Int) in row[column].flatMap { UInt32($0) } ?? 0 }
        let kind: TypeCatalog.Kind =
          switch row[3] ?? "" {
          case "e": .enumeration(labels: labels.filter { $0[0] == row[0] }.compactMap { $0[1] })
          case "c":
            .composite(
              fields: fields.filter { $0[0] == row[0] }.map {
                .init(name: $0[1] ?? "", typeOID: $0[2].flatMap { UInt32($0) } ?? 0)
              })
          case "d": .domain(base: number(4))
          case "r": .range(bound: number(7))
          default:
            number(5) > 0
              ? .array(element: number(5), delimiter: UInt8(truncatingIfNeeded: number(6))) : .base
          }
        return .init(
          TypeName(oid: number(0), namespace: row[1] ?? "", name: row[2] ?? ""), kind)
      })
  }
}

private func bytes(ofHex text: String) -> [UInt8] {
  let digits = text.utf8.map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
