import ChangeSinks
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import PostgresSink

/// Targets that answer what no server should, and sources that name what is not theirs.
@Suite(.timeLimit(.minutes(5))) struct HostileTargetTests {
  @Test(arguments: ["G", "H", "W"])
  func `an answer with a COPY that was not asked for is an error`(tag: String) async throws {
    // Text, and no columns.
    let copy = BackendEncoder.message(tag: tag.utf8.first ?? 0, body: [0, 0, 0])
    let target = try ScriptedTarget([.answer(ScriptStep.bound, copy), .awaitEnd()])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.query("SELECT 1")
    }
    #expect(error?.category == .needsOperator)
    #expect(error?.reason.contains("COPY") == true)
  }

  @Test func `a COPY that was asked for is taken`() async throws {
    let target = try ScriptedTarget([
      .answer(ScriptStep.bound, BackendEncoder.copyInResponse()), .awaitEnd(),
    ])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.beginCopy("COPY t FROM STDIN")
    }
    #expect(error == nil)
  }

  @Test func `rows are counted as they come`() async throws {
    let row = BackendEncoder.dataRow([String(repeating: "x", count: 1 << 20)])
    let rows = ScriptStep("send rows without an end") { peer in
      for _ in 0..<200 { try peer.send(row) }
      // The client is long gone, or waits for the end of the rows.
      while try peer.nextOrEnd() != nil {}
    }
    let target = try ScriptedTarget([
      .answer(ScriptStep.bound, BackendEncoder.rowDescription(["value"])), rows,
    ])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.query("SELECT 1")
    }
    #expect(error?.category == .fatal)
    #expect(error?.reason.contains("64 MiB") == true)
  }

  @Test func `all rows of an answer are read, and the next one too`() async throws {
    let target = try ScriptedTarget([
      .answer(
        ScriptStep.bound,
        BackendEncoder.queryResult(["a", "b"], rows: [["1", nil], ["2", "x"]]),
        BackendEncoder.readyForQuery()),
      .refuse("42P01", "relation \"t\" does not exist", routine: "parserOpenTable"),
      .answerRow("3"), .awaitEnd(),
    ])
    let settings = target.settings()
    typealias Answers = (rows: [[String?]], refusal: SinkError?, last: [[String?]])
    let answers = try await onThread { () throws(SinkError) -> Answers in
      let connection = try TargetConnection.open(settings)
      let rows = try connection.query("SELECT a, b FROM t")
      let refusal = try connection.attempt("SELECT 1 FROM t")
      return (rows, refusal, try connection.query("SELECT 3"))
    }
    #expect(answers.rows == [["1", nil], ["2", "x"]])
    #expect(answers.refusal?.category == .needsOperator)
    #expect(answers.refusal?.reason.contains("does not exist") == true)
    #expect(answers.last == [["3"]])
  }

  @Test(arguments: ["P0001", "55000", "23505", "22P02", "U0001"])
  func `the words of a RAISE are not repeated, whatever its code`(code: String) async throws {
    let target = try ScriptedTarget([
      .refuse(code, "card 4711 is blocked", routine: "exec_stmt_raise"), .awaitEnd(),
    ])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.query("INSERT INTO cards VALUES (1)")
    }
    #expect(error?.reason.contains(code) == true && error?.reason.contains("trigger") == true)
    #expect(error?.description.contains("4711") == false)
  }

  @Test(arguments: [
    "pl_exec.c", "plperl.c", "plpy_elog.c", "../../src/pl/plpython/plpy_elog.c", "pltcl.c",
  ])
  func `the words of other languages' errors are not repeated, whatever their code`(
    file: String
  ) async throws {
    let target = try ScriptedTarget([
      .refuse("42501", "card 4711 is blocked", routine: "some_function", file: file), .awaitEnd(),
    ])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.query("INSERT INTO cards VALUES (1)")
    }
    #expect(error?.reason.contains("trigger") == true)
    #expect(error?.description.contains("4711") == false)
  }

  @Test func `a function's statement that can't be parsed is not repeated`() async throws {
    let target = try ScriptedTarget([
      .refuse(
        "42703", "column \"card4711\" does not exist", routine: "errorMissingColumn",
        file: "parse_relation.c", innerQuery: "SELECT card4711"),
      .awaitEnd(),
    ])
    let error = try await target.failure { connection throws(SinkError) in
      try connection.query("INSERT INTO cards VALUES (1)")
    }
    #expect(error?.reason.contains("trigger") == true)
    #expect(error?.description.contains("4711") == false)
  }

  @Test func `a second connection goes to the same host`() async throws {
    // It was away when the session was opened, and is another server now.
    let other = try ScriptedServer([.awaitEnd()])
    let target = try ScriptedTarget([], [.answerRow("on"), .answerRow("1"), .awaitEnd()])
    let settings = target.settings(after: [other.port])
    try await onThread { () throws(SinkError) -> Void in
      let hosts = try TargetHost.all(in: settings.connection)
      let session = TargetSession(
        PostgresSinkOptions(connection: settings.connection), settings,
        try TargetConnection.open(settings, to: hosts[1]), slot: "a")
      // A checkpoint that says nothing of the open transaction needs another connection.
      session.isInTransaction = true
      try session.save(
        Checkpoint(position: LSN(rawValue: 1), systemID: "1", timeline: 1, slot: "a"))
    }
    #expect(other.received.isEmpty)
  }

  private static func table(
    _ schema: String, _ name: String, type: SourceType = .builtin(oid: 23, modifier: -1)
  ) -> SourceTable {
    let relation = Relation(
      oid: 1, namespace: schema, name: name, replicaIdentity: .default,
      columns: [.init(name: "id", isKey: true, typeOID: 23, typeModifier: -1)])
    let column = SourceColumn(
      name: "id", isKey: true, type: type, order: nil, earlierValue: nil)
    return SourceTable(
      relation, columns: [column], primaryKey: ["id"], isReadWhole: false, former: nil)
  }

  /// What a table of the source comes to in a target that refuses the first statement.
  private static func refusal(_ schema: String, _ name: String) async throws -> SinkError? {
    let target = try ScriptedTarget([
      .refuse("42501", "permission denied", routine: "aclcheck_error"), .awaitEnd(),
    ])
    let (settings, source) = (target.settings(), table(schema, name))
    return try await target.failure { connection throws(SinkError) in
      let session = TargetSession(
        PostgresSinkOptions(connection: settings.connection), settings, connection, slot: "a")
      try session.define(1, source)
    }
  }

  @Test(arguments: [
    ("pg_catalog", "pg_class"), ("pg_toast", "pg_toast_1"), ("pg_temp_3", "t"),
    ("information_schema", "sql_features"), ("pgcdc", "state"), ("pgcdc", "tables"),
  ])
  func `a source's table must not be one of the target itself, or of the sink`(
    schema: String, name: String
  ) async throws {
    let error = try await Self.refusal(schema, name)
    #expect(error?.category == .fatal)
    #expect(error?.reason.contains("\(schema).\(name) belongs to the target itself") == true)
  }

  @Test(arguments: ["pg_catalog", "information_schema", "public"])
  func `a source's enum must not be in a schema of the target itself`(schema: String) async throws {
    let target = try ScriptedTarget([
      .refuse("42501", "permission denied", routine: "aclcheck_error"), .awaitEnd(),
    ])
    let type = SourceTypeName(TypeName(oid: 20_000, namespace: schema, name: "mood"))
    let source = Self.table(
      "public", "t", type: .enumeration(type, labels: ["a"], isArray: false))
    let settings = target.settings()
    let error = try await target.failure { connection throws(SinkError) in
      let session = TargetSession(
        PostgresSinkOptions(connection: settings.connection), settings, connection, slot: "a")
      try session.ensureEnums(of: source)
    }
    #expect(error?.category == (schema == "public" ? .needsOperator : .fatal))
  }

  @Test(arguments: [("public", "state"), ("pgcdc", "orders"), ("page_views", "tables")])
  func `other tables with such names are the source's own`(
    schema: String, name: String
  ) async throws {
    let error = try await Self.refusal(schema, name)
    #expect(error?.category == .needsOperator)
    #expect(error?.reason.contains("permission denied") == true)
  }
}
