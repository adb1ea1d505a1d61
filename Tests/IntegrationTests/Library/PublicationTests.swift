import PGWire
import ReplicationCore
import Testing

/// Publications and replica identities, made, compared and changed.
@Suite struct PublicationTests {
  @Test(arguments: TestServer.all)
  func `a publication is made once, compared, and altered when told`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let name = "\(site.name) \"P'é\""
      try await site.sql.run(
        "CREATE TABLE \"T\"\"é\" (id int PRIMARY KEY, b text); CREATE TABLE u (id int PRIMARY KEY)")
      let client = try site.client { $0.publications = [name] }
      await #expect(throws: ReplicationError.publicationsMissing([name])) {
        try await client.publishedTables()
      }
      var definition = PublicationDefinition(
        name, tables: [PublicationTable("T\"é", schema: site.name)])
      #expect(try await client.ensurePublication(definition) == .created)
      #expect(try await client.ensurePublication(definition) == .exists)
      #expect(try await client.publishedTables().map(\.name) == ["T\"é"])

      definition.tables = [PublicationTable("u", schema: site.name)]
      definition.operations = [.insert, .delete]
      if server.version >= 15 {
        definition.tables[0].rowFilter = "id > 5 AND id < 9"
        definition.tables[0].columns = ["id"]
      }
      if server.version >= 18 { definition.publishesGeneratedColumns = true }
      let error = await #expect(throws: ReplicationError.self) {
        try await client.ensurePublication(definition)
      }
      guard case .publicationMismatch(name, let differences) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(differences.count == (server.version >= 18 ? 4 : 3))
      #expect(
        try await client.ensurePublication(definition, alters: true) == .altered(differences))
      if server.version >= 15 { definition.tables[0].rowFilter = "((id > 5) AND (id < 9))" }
      #expect(try await client.ensurePublication(definition) == .exists)
      definition.tables = []
      _ = try await client.ensurePublication(definition, alters: true)
      #expect(try await client.publishedTables().isEmpty)
    }
  }

  @Test(arguments: TestServer.all)
  func `a publication is not made behind its slot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.client { $0.publications = [] }.ensureSlot()
      let client = try site.client()
      var definition = PublicationDefinition(site.name)
      definition.isForAllTables = true
      let all = definition
      await #expect(throws: ReplicationError.publicationAfterSlot(site.name, slot: site.name)) {
        try await client.ensurePublication(all)
      }
      try await client.dropSlot()
      #expect(try await client.ensurePublication(all) == .created)
      await #expect(throws: ReplicationError.self) {
        try await client.ensurePublication(PublicationDefinition(site.name), alters: true)
      }
      try await client.ensureSlot()
      #expect(try await client.ensurePublication(all) == .exists)
    }
  }

  @Test(arguments: TestServer.all)
  func `replica identities are read, judged and set`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE a (id int PRIMARY KEY, big text); CREATE TABLE b (id int);
        CREATE TABLE "C'""é" (id int NOT NULL, x int); CREATE UNIQUE INDEX "i""x" ON "C'""é" (id)
        """)
      try await site.publish("TABLE a, b, \"C'\"\"é\"")
      let client = try site.client()
      func judged() async throws -> [String: PublishedTable] {
        Dictionary(
          try await client.publishedTables().map { ($0.name, $0) }, uniquingKeysWith: { $1 })
      }
      var tables = try await judged()
      #expect(tables["a"]?.judgement == .unchangedMissing(["big"]))
      #expect(tables["a"]?.identityColumns == ["id"] && tables["a"]?.columns == nil)
      #expect(tables["b"]?.judgement == .changesFail)
      await #expect(throws: (any Error).self) { try await site.sql.run("DELETE FROM b") }
      try await client.setReplicaIdentity(.full, of: "b", schema: site.name)
      try await site.sql.run("DELETE FROM b")
      try await client.setReplicaIdentity(.index("i\"x"), of: "C'\"é", schema: site.name)
      try await client.setReplicaIdentity(.nothing, of: "a", schema: site.name)
      tables = try await judged()
      #expect(tables["b"]?.judgement == .fine && tables["b"]?.identity == .full)
      #expect(tables["C'\"é"]?.identity == .index("i\"x"))
      #expect(tables["C'\"é"]?.judgement == .fine)
      #expect(tables["a"]?.judgement == .changesFail)
      try await client.setReplicaIdentity(.default, of: "a", schema: site.name)
      #expect(try await judged()["a"]?.identity == .default)
    }
  }
}
