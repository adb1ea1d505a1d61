import PGWire
import Testing

@testable import ReplicationCore

@Suite struct SQLTests {
  @Test(
    arguments: [
      ("p", "\"p\""), ("Mixed Case", "\"Mixed Case\""), ("a\"b", "\"a\"\"b\""),
      ("\"", "\"\"\"\""), ("a'b", "\"a'b\""), ("a\\", "\"a\\\""), ("ü", "\"ü\""),
      ("\"e\u{301}", "\"\"\"e\u{301}\""), ("\"\u{301}", "\"\"\"\u{301}\""),
    ])
  func `quotes names`(name: String, quoted: String) throws {
    #expect(Array(try Identifier(name).quoted.utf8) == Array(quoted.utf8))
  }

  @Test func `takes names of 1 to 63 bytes without a zero`() throws {
    #expect(try Identifier(String(repeating: "x", count: 63)).quoted.utf8.count == 65)
    #expect(try Identifier(String(repeating: "\"", count: 63)).quoted.utf8.count == 128)
    for name in [
      "", "a\0b", "\0", String(repeating: "x", count: 64), String(repeating: "ü", count: 32),
    ] {
      #expect(throws: ReplicationError.self, "\(name)") { try Identifier(name) }
    }
  }

  @Test(
    arguments: [
      ("", "''"), ("v", "'v'"), ("it's", "'it''s'"), ("''", "''''''"), ("a\\'b", "'a\\''b'"),
      ("a\"b", "'a\"b'"), ("'\u{301}", "'''\u{301}'"),
    ])
  func `quotes values`(value: String, quoted: String) throws {
    #expect(Array(try Literal(value).quoted.utf8) == Array(quoted.utf8))
  }

  @Test func `takes no value with a zero byte`() {
    #expect(throws: ReplicationError.self) { try Literal("a\0b") }
  }

  @Test func `quotes a list of names twice`() throws {
    #expect(try Literal(list: ["p", "P Mixed,Q"]).quoted == "'\"p\",\"P Mixed,Q\"'")
    #expect(try Literal(list: ["it's", "a\"b"]).quoted == "'\"it''s\",\"a\"\"b\"'")
    #expect(throws: ReplicationError.self) { try Literal(list: ["p", ""]) }
    #expect(
      throws: ReplicationError.self
    ) { try Literal(list: [String(repeating: "x", count: 64)]) }
  }

  @Test func `puts a command together`() throws {
    let slot = Identifier(try SlotName("s_1"))
    let options = [
      try PluginOption("proto_version", "1"),
      try PluginOption("publication_names", try Literal(list: ["a'b"])),
    ]
    let lsn = try #require(LSN("16/B374D848"))
    let command: SQL = "START_REPLICATION SLOT \(slot) LOGICAL \(lsn) (\(options))"
    #expect(
      command.text == """
        START_REPLICATION SLOT "s_1" LOGICAL 16/B374D848 ("proto_version" '1', \
        "publication_names" '"a''b"')
        """)
    #expect(("IDENTIFY_SYSTEM" as SQL).text == "IDENTIFY_SYSTEM")
  }

  /// Over libpq values are parameters; over a walsender's connection they are quoted.
  @Test func `binds values or quotes them`() {
    let name: SQL = "n OPERATOR(pg_catalog.=) \(value: "it's")"
    let query: SQL = "SELECT 1 WHERE \(name) AND oid = ANY (\(values: [1, 2])::oid[])"
    #expect(
      query.text == "SELECT 1 WHERE n OPERATOR(pg_catalog.=) 'it''s' AND oid = ANY "
        + "('{1,2}'::oid[])")
    #expect(
      query.bound.text == "SELECT 1 WHERE n OPERATOR(pg_catalog.=) $1 AND oid = ANY "
        + "($2::oid[])")
    #expect(query.bound.values == ["it's", "{1,2}"])
    let list: SQL = "VALUES (\(["1", "\(value: "a")", "\(value: "b")"] as [SQL]))"
    #expect(list.bound.text == "VALUES (1, $1, $2)")
    #expect(list.text == "VALUES (1, 'a', 'b')")
  }

  /// Servers in tests read the library's own queries so.
  @Test func `finds its values in what it has made`() throws {
    func query(_ name: String, _ number: String) throws -> SQL {
      "SELECT \(value: name) FROM t WHERE n OPERATOR(pg_catalog.=) \(try Literal(number))"
    }
    let shape = try query("", "")
    for name in ["a", "it's", "", "$1", "'; --"] {
      let made = try query(name, "7")
      #expect(shape.values(in: made.text, bound: []) == [name, "7"])
      #expect(shape.values(in: made.bound.text, bound: made.bound.values) == [name, "7"])
    }
    for other in ["SELECT 'a' FROM t", "SELECT 'a", "SELECT $2 FROM t", "", "SELECT 'a'x"] {
      #expect(shape.values(in: other, bound: ["a"]) == nil)
    }
    let more = try query("a", "7").text + " AND true"
    #expect(shape.values(in: more, bound: []) == nil)
  }
}
