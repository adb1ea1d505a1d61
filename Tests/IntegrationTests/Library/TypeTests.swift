import Foundation
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
      guard case .array(.composite(let name, let fields, _), UInt8(ascii: ",")) = types[2],
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
      // Up to 14 empty transactions of others come too, and more of them the second time.
      let changes = [text, binary].map { $0.lines.filter { $0.contains(#""lsn":"#) } }
      #expect(changes[0].count >= 3 && changes[0] == changes[1])
      #expect(text.output.contains(#""d":[1,null,3],"p":"(7,\"{sad,NULL}\")""#))
      #expect(text.output.contains(#""l":"x""#))
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `types that change under the stream give the lines that text gives`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int;
        CREATE TYPE pair AS (a int, b small, m mood);
        CREATE TABLE t (id int PRIMARY KEY, m mood, ms mood[], p pair, ps pair[])
        """)
      try await site.publish("TABLE t")
      let slots = [site.name, site.name + "binary"]
      for slot in slots { try await site.client { $0.slot = slot }.ensureSlot() }
      try await site.sql.run(
        "INSERT INTO t VALUES (1, 'sad', '{sad}', '(1,2,sad)', '{\"(1,2,sad)\"}')")
      let children = try zip(slots, [[], ["--binary"]]).map { slot, options in
        try Pgcdc.start(
          ["stream", "--url", site.url, "--slot", slot, "--publication", site.name, "--no-ack"]
            + options)
      }
      for child in children {
        // By now it has looked the types up.
        try await eventually("the first row comes") { child.output.contains(#""new":{"id":1,"#) }
      }
      for statement in [
        // The value's label is new, the composite's fields are, one of them of a new type.
        "ALTER TYPE mood ADD VALUE 'glad'",
        "INSERT INTO t VALUES (2, 'glad', '{glad,sad}', '(1,2,glad)')",
        "CREATE TYPE later AS ENUM ('x')",
        "ALTER TYPE pair ADD ATTRIBUTE l later, ADD ATTRIBUTE t text",
        "INSERT INTO t VALUES (3, 'glad', NULL, '(1,2,glad,x,y)', '{\"(1,2,sad,x,y)\",NULL}')",
        // Now the third field is another, of another type.
        "ALTER TYPE pair DROP ATTRIBUTE m, DROP ATTRIBUTE l",
        "INSERT INTO t VALUES (4, 'sad', NULL, '(5,6,z)')",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "INSERT INTO t VALUES (5, 'blue')",
        "ALTER TYPE pair RENAME ATTRIBUTE b TO bb",
        "INSERT INTO t (id, p) VALUES (6, '(1,2,z)')",
      ] { try await site.sql.run(statement) }
      var live: [[String]] = []
      for child in children {
        try await eventually("the last row comes") {
          child.output.contains(#""new":{"id":6,"#) || !child.errors.isEmpty
        }
        child.send(SIGINT)
        let outcome = try await child.outcome()
        #expect(outcome.status == 130, "\(outcome.errors)")
        live.append(Self.rows(outcome))
      }
      #expect(live[0].count == 6 && live[0] == live[1])
      #expect(live[0][2].hasSuffix(#""p":"(1,2,glad,x,y)","ps":["(1,2,sad,x,y)",null]}"#))
      #expect(live[0][4].contains(#""m":"blue""#))
      // A stream that begins now is behind the catalogue, and says the same.
      for options in [[], ["--binary"]] {
        let late = try await Pgcdc.run(
          ["stream"] + site.arguments + ["--until-now", "--no-ack"] + options)
        #expect(late.status == 0, "\(late.errors)")
        #expect(Self.rows(late) == live[0], "\(options)")
      }
    }
  }

  /// What the inserted rows hold.
  private static func rows(_ outcome: ChildProcess.Outcome) -> [String] {
    outcome.lines.compactMap { line in
      line.firstRange(of: #""new":"#).map { String(line[$0.upperBound...].dropLast()) }
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `a type that was dropped since is text in text, and a clear error in binary`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int;
        CREATE TABLE t (id int PRIMARY KEY, m mood, d small, ds small[])
        """)
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1, 'sad', 5, '{6,NULL}')")
      try await site.sql.run(
        "ALTER TABLE t DROP m, DROP d, DROP ds; DROP TYPE mood; DROP DOMAIN small")
      let text = try await site.stream("--until-now", "--no-ack")
      #expect(text.status == 0, "\(text.errors)")
      // A domain is told by its base type; that the other was an array, nothing tells any more: an
      // enum may have had that name, and that label.
      #expect(text.output.contains(#""new":{"id":1,"m":"sad","d":5,"ds":"{6,NULL}"}"#))
      let binary = try await site.stream("--until-now", "--no-ack", "--binary")
      #expect(binary.status == 1)
      #expect(
        binary.errors.contains("column m of \(site.name).t, of type \(site.name).mood, is binary"),
        "\(binary.errors)")
      #expect(binary.errors.contains("without --binary"))
    }
  }
}
