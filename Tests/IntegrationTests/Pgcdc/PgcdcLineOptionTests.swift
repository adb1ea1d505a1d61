import Testing

/// What may be chosen about how values are printed.
@Suite struct PgcdcLineOptionTests {
  @Test(arguments: TestServer.all)
  func `int8 values and documents, in a snapshot and in changes`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE DOMAIN big AS int8;
        CREATE TABLE t (id int PRIMARY KEY, n int8, ns int8[], d big, ds big[], j json, k json)
        """)
      try await site.publish("TABLE t")
      func insert(_ id: Int) async throws {
        try await site.sql.run(
          """
          INSERT INTO t VALUES (\(id), 9007199254740993, '{-9007199254740993,NULL}',
            9223372036854775807, '{1}', '[9007199254740993]', '[[1]]')
          """)
      }
      func values(_ id: Int) -> String {
        #""new":{"id":\#(id),"n":"9007199254740993","ns":["-9007199254740993",null],"#
          + #""d":"9223372036854775807","ds":["1"],"j":[9007199254740993],"k":"[[1]]"}"#
      }
      let options = ["--until-now", "--json-int8", "string", "--max-json-nesting", "1"]
      try await insert(1)
      let snapshot = try await Pgcdc.run(
        ["stream"] + site.arguments + options + ["--snapshot", "initial"])
      #expect(snapshot.status == 0 && snapshot.output.contains(values(1)), "\(snapshot)")
      try await insert(2)
      for binary in server.version >= 14 ? [[], ["--binary"]] : [[]] {
        let changes = try await Pgcdc.run(
          ["stream"] + site.arguments + options + ["--no-ack"] + binary)
        #expect(changes.status == 0 && changes.output.contains(values(2)), "\(changes)")
      }
    }
  }
}
