import PGOutput
import PGWire
import ReplicationCore
import Testing

/// What the catalogue tells of types that the stream only names.
@Suite struct TypeTests {
  private static let types = """
    CREATE TYPE mood AS ENUM ('sad', 'so, "so"', 'ok');
    CREATE DOMAIN small AS int CHECK (VALUE < 100); CREATE DOMAIN smaller AS small;
    CREATE TYPE span AS RANGE (SUBTYPE = float8);
    CREATE TYPE pair AS (n smaller, gone int, moods mood[]);
    ALTER TYPE pair DROP ATTRIBUTE gone;
    ALTER TYPE mood ADD VALUE 'fine' BEFORE 'ok'
    """

  @Test(arguments: TestServer.all)
  func `types are described with all that they are made of`(server: TestServer) async throws {
    try await onSite(server) { site in
      for statement in Self.types.split(separator: ";") { try await site.sql.run("\(statement)") }
      // The range's name holds no "range", so that its multirange's is this.
      let multirange = server.version >= 14 ? ", many span_multirange" : ""
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY, d smaller, p pair[], s span\(multirange))")
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t (id) VALUES (1)")
      let duplex = try await site.client().startReplication()
      var receiver = BlockReceiver(duplex)
      let relation = try #require(try await receiver.nextRelation())
      var catalog = TypeCatalog()
      #expect(try await duplex.learnTypes(of: relation, into: &catalog))
      let types = relation.columns.map { catalog.type(of: $0) }
      #expect(types[0] == .builtin(.int4) && types[1] == .builtin(.int4))
      guard case .array(.composite(let name, let fields), UInt8(ascii: ",")) = types[2],
        case .array(.enumeration(_, let labels), _) = fields.last?.type,
        case .range(_, .builtin(.float8)) = types[3]
      else {
        Issue.record("\(types)")
        return
      }
      #expect(name.name == "pair" && name.namespace == site.name)
      #expect(fields.map(\.name) == ["n", "moods"] && fields[0].type == .builtin(.int4))
      #expect(labels == ["sad", "so, \"so\"", "fine", "ok"])
      if server.version >= 14 {
        guard case .multirange(_, .builtin(.float8)) = types[4] else {
          Issue.record("\(types)")
          return
        }
      }
      // All that is known is not asked for again, and what is gone is no error.
      #expect(try await !duplex.learnTypes(of: relation, into: &catalog))
      #expect(try await duplex.describeTypes([4_000_000_000]).isEmpty)
      #expect(try await duplex.describeTypes([]).isEmpty)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `lines are the same from text and from binary`(server: TestServer) async throws {
    try await onSite(server) { site in
      for statement in Self.types.split(separator: ";") { try await site.sql.run("\(statement)") }
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY, m mood, d smaller[], p pair, s span)")
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      try await site.sql.run(
        """
        INSERT INTO t VALUES (1, 'fine', '{1,NULL,3}', '(7,"{sad,NULL}")', '[1.5,)'),
          (2, NULL, '{}', NULL, 'empty');
        """)
      // Made after the stream's start, as it were: the catalogue is asked when it comes.
      try await site.sql.run(
        """
        CREATE TYPE later AS ENUM ('x'); ALTER TABLE t ADD l later;
        INSERT INTO t (id, l) VALUES (3, 'x')
        """)
      let text = try await site.stream("--until-now", "--no-ack")
      let binary = try await site.stream("--until-now", "--no-ack", "--binary")
      #expect(text.status == 0 && binary.status == 0, "\(text.errors) \(binary.errors)")
      #expect(text.lines == binary.lines)
      #expect(text.output.contains(#""d":[1,null,3],"p":"(7,\"{sad,NULL}\")""#))
      #expect(text.output.contains(#""l":"x""#))
    }
  }
}
