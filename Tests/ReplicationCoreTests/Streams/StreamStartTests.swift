import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// How a stream is opened, and what can keep it from opening.
@Suite struct StreamStartTests {
  private let active = ServerError.made(
    .objectInUse, "replication slot \"test_slot\" is active for PID 99"
  ).during(.startReplication)

  /// Runs the opening against a script, and returns the queries that the server was asked.
  private func open(
    _ script: [ScriptStep], from position: LSN? = nil,
    _ change: (inout ReplicationParams) -> Void = { _ in }
  ) async throws -> (Result<Duplex, ReplicationError>, ScriptedServer) {
    let server = try ScriptedServer(script)
    var params = try server.replicationParams()
    params.logger = quietLogger
    change(&params)
    let client = try Client(params)
    do {
      return (.success(try await client.startReplication(from: position)), server)
    } catch {
      return (.failure(error), server)
    }
  }

  private func queries(_ server: ScriptedServer) -> [String] {
    server.received.compactMap { message in
      if case .query(let sql) = message { sql } else { nil }
    }
  }

  private func failure(_ result: Result<Duplex, ReplicationError>) -> ReplicationError? {
    if case .failure(let error) = result { error } else { nil }
  }

  @Test func `asks for the slot, the position and the publications, all quoted`() async throws {
    let (result, server) = try await open(
      [.stream(), .endStream()], from: LSN("16/B374D848")
    ) {
      $0.publications = ["P Mixed", "it's \"q\""]
      $0.messages = true
      $0.origin = .none
      $0.protocolVersion = .v1
    }
    await (try result.get()).close()
    try await server.finish()
    let asked = queries(server)
    #expect(asked.first?.contains("current_setting('wal_sender_timeout')") == true)
    #expect(asked.contains { $0.hasSuffix("pubname OPERATOR(pg_catalog.=) 'it''s \"q\"'") })
    let start = #"""
      START_REPLICATION SLOT "test_slot" LOGICAL 16/B374D848 ("proto_version" '1', \#
      "publication_names" '"P Mixed","it''s ""q"""', "messages" 'true', "origin" 'none')
      """#
    #expect(asked.last == start)
  }

  /// Servers that play a recording know SHOW, with one value, and report some settings.
  @Test func `asks one by one where a row of settings is not understood`() async throws {
    func answer(_ pattern: QueryPattern, _ value: String) -> ScriptStep {
      .expectQuery(
        pattern, answers: Backend.queryResult(["value"], rows: [[value]]), Backend.readyForQuery())
    }
    let verified = ScriptStep([
      answer(.containing("current_setting"), "1min"),
      answer("SHOW \"DateStyle\"", "ISO, DMY"), answer("SHOW \"IntervalStyle\"", "postgres"),
      answer("SHOW \"TimeZone\"", "Etc/UTC"), answer("SHOW \"extra_float_digits\"", "1"),
      answer("SHOW \"bytea_output\"", "hex"), answer("SHOW \"wal_sender_timeout\"", "1min"),
    ])
    let (result, server) = try await open([
      .handshake(), verified, answer(.containing("pg_publication"), "on"),
      .startReplication(), .endStream(),
    ])
    await (try result.get()).close()
    try await server.finish()
  }

  @Test(arguments: ["f", "t"])
  func `leaves a slot as it is unless its change is asked for`(isTwoPhase: String) async throws {
    func ask(_ server: ScriptedServer) -> Bool {
      queries(server).contains { $0.contains("pg_replication_slots") }
    }
    let look = ScriptStep.expectQuery(
      .containing("pg_replication_slots"),
      answers: Backend.queryResult(
        ["slot_name", "slot_type", "two_phase"], rows: [["test_slot", "logical", isTwoPhase]]),
      Backend.readyForQuery())
    let prelude: [ScriptStep] = [
      .handshake(), .answerSettings(),
      .expectQuery(
        .containing("pg_publication"), answers: Backend.queryResult(["?column?"], rows: [["1"]]),
        Backend.readyForQuery()), look,
    ]
    let end: [ScriptStep] =
      isTwoPhase == "f" ? [.expectTerminate()] : [.startReplication(), .endStream()]
    let (result, server) = try await open(prelude + end) { $0.twoPhase = true }
    #expect(ask(server))
    if isTwoPhase == "f" {
      guard case .slotMismatch("test_slot", let differences) = failure(result) else {
        Issue.record("\(result)")
        return
      }
      #expect(differences.count == 1 && differences[0].contains("two_phase"))
      #expect(!queries(server).contains { $0.hasPrefix("START_REPLICATION") })
    } else {
      await (try result.get()).close()
    }
    try await server.finish()
  }

  @Test func `changes a slot if that is asked for`() async throws {
    let (result, server) = try await open([.stream(), .endStream()]) {
      $0.twoPhase = true
      $0.convertsToTwoPhase = true
    }
    await (try result.get()).close()
    try await server.finish()
    #expect(queries(server).last?.contains(#""two_phase" 'true'"#) == true)
  }

  @Test func `connects as a walsender of one database, with settings pinned`() async throws {
    let (result, server) = try await open([
      .expectStartup([
        "replication": "database", "database": "test", "DateStyle": "ISO",
        "IntervalStyle": "postgres", "TimeZone": "UTC", "extra_float_digits": "3",
        "bytea_output": "hex", "lc_monetary": "C", "client_encoding": "UTF8",
        "wal_sender_timeout": "1500ms",
      ]),
      .letIn(), .startReplication(), .endStream(),
    ]) {
      $0.walSenderTimeout = .milliseconds(1500)
    }
    await (try result.get()).close()
    try await server.finish()
  }

  @Test(
    arguments: [
      ("DateStyle", "SQL, DMY"), ("IntervalStyle", "iso_8601"), ("TimeZone", "Asia/Kolkata"),
      ("extra_float_digits", "0"), ("bytea_output", "escape"), ("client_encoding", "LATIN1"),
    ])
  func `refuses a session that has other settings`(name: String, value: String) async throws {
    let (result, _) = try await open([
      .handshake(), .answerSettings([name: value]), .answerSettings([name: value]),
      .expectTerminate(),
    ])
    guard case .connection(.settingIgnored(name, _, value)) = failure(result) else {
      Issue.record("\(result)")
      return
    }
  }

  /// A connection of PGWire alone knows what servers report by themselves.
  @Test(
    arguments: [
      ("DateStyle", "SQL, DMY"), ("IntervalStyle", "iso_8601"), ("TimeZone", "Asia/Kolkata"),
      ("client_encoding", "LATIN1"), ("search_path", "public"),
    ])
  func `refuses a replication connection that reports other settings`(
    name: String, value: String
  ) async throws {
    let server = try ScriptedServer([
      .expectStartup(),
      .send(
        Backend.authenticationOk(), Backend.parameterStatus(name, value),
        Backend.readyForQuery()), .awaitEnd(),
    ])
    let options = try ConnectionOptions(
      hosts: [ConnectionHost(server.host, port: server.port)], user: "u",
      tls: TLSOptions(mode: .disable))
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options, replication: .database)
    }
    guard case .settingIgnored(name, _, value) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  private var refusal: [UInt8] { Backend.errorResponse(active) + Backend.readyForQuery() }

  @Test func `says that another session holds the slot`() async throws {
    let (result, server) = try await open([
      .handshake(), .startReplication(answer: refusal),
      .expectQuery(
        .containing("pg_stat_activity"),
        answers: Backend.queryResult(
          ["slot_name", "pid", "application_name", "client_addr"],
          rows: [["other", "98", "b", "10.0.0.1"], ["test_slot", "99", "a", "10.0.0.7"]]),
        Backend.readyForQuery()),
      .expectTerminate(),
    ])
    let refused = try #require(failure(result))
    #expect(refused.isSlotActive)
    #expect(refused.serverError == active)
    guard case .slotActive(let conflict) = refused else {
      Issue.record("\(refused)")
      return
    }
    #expect(conflict.slot == "test_slot")
    #expect(conflict.holder?.pid == 99)
    #expect(conflict.holder?.applicationName == "a")
    #expect(conflict.holder?.clientAddress == "10.0.0.7")
    #expect("\(refused)".contains("application_name \"a\", from 10.0.0.7"))
    try await server.finish()
  }

  @Test func `gets the slot once its holder is gone`() async throws {
    let refused: [ScriptStep] = [
      .handshake(), .startReplication(answer: refusal),
      .expectQuery(.containing("pg_stat_activity"), answers: refusal), .awaitEnd(),
    ]
    let server = try ScriptedServer(sessions: [refused, [.stream(), .endStream()]])
    var params = try server.replicationParams()
    params.logger = quietLogger
    let client = try Client(params)
    let duplex = try await retryOnSlotActive(maxRetries: 5) {
      () throws(ReplicationError) in try await client.startReplication()
    }
    await duplex.close()
    try await server.finish()
  }

  @Test func `names publications that are missing`() async throws {
    let (result, _) = try await open([
      .handshake(),
      .answerSettings(),
      .expectQuery(
        .containing("'here'"), answers: Backend.queryResult(["?column?"], rows: [["1"]]),
        Backend.readyForQuery()),
      .expectQuery(
        .containing("'gone'"), answers: Backend.queryResult(["?column?"], rows: []),
        Backend.readyForQuery()),
      .expectTerminate(),
    ]) { $0.publications = ["here", "gone"] }
    #expect(failure(result) == .publicationsMissing(["gone"]))
  }

  @Test(
    arguments: [("13.23", 13, true), ("15.18 (Debian 15.18-0+deb12u1)", 15, false)])
  func `asks no server for what it can't do`(
    version: String, major: Int, messages: Bool
  ) async throws {
    let (result, server) = try await open(
      [
        .handshake(serverVersion: version),
        .answerSettings(),
        .expectTerminate(),
      ]
    ) {
      $0.messages = messages
      if !messages { $0.origin = .none }
    }
    guard case .requiresServer(_, _, let found) = failure(result) else {
      Issue.record("\(result)")
      return
    }
    #expect(found == major)
    #expect(!queries(server).contains { $0.hasPrefix("START_REPLICATION") })
  }

  @Test(arguments: ["99999999999999999999d", "9223372036854775807d", "0", "", "soon"])
  func `survives a timeout that no server has`(text: String) async throws {
    let (result, server) = try await open([.stream(walSenderTimeout: text), .endStream()])
    await (try result.get()).close()
    try await server.finish()
  }
}
