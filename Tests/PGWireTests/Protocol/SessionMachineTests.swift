import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

@Suite struct SessionMachineTests {
  private let notice = ServerError.made(severity: "NOTICE", .internalError, "n")
  private let failure = ServerError.made(.syntaxError, "syntax error")
  private let fatal = ServerError.made(
    severity: "FATAL", .adminShutdown, "terminating connection due to administrator command")

  private func rows(_ columns: [String], _ rows: [[String?]], _ tag: String) -> [[UInt8]] {
    [Backend.rowDescription(columns)] + rows.map(Backend.dataRow) + [Backend.commandComplete(tag)]
  }

  // MARK: - Startup

  @Test func `learns of the server while it starts`() throws {
    var script = MachineScript()
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(
      Backend.parameterStatus("server_version", "18.6"), Backend.parameterStatus("TimeZone", "UTC"),
      Backend.backendKeyData(processID: 42, secret: [1, 2, 3, 4]))
    try script.receive(Backend.noticeResponse(notice), .notice(notice))
    try script.receive(Backend.readyForQuery(), .ready)
    #expect(script.machine.processID == 42)
    #expect(script.machine.cancelKey.withBytes { $0.copied() } == [1, 2, 3, 4])
    #expect(script.machine.parameters == ["server_version": "18.6", "TimeZone": "UTC"])
  }

  @Test func `starts without a key, as some poolers do`() throws {
    _ = try MachineScript.idle()
  }

  @Test func `fails with the server's error during startup`() throws {
    let error = ServerError.made(severity: "FATAL", .invalidCatalogName, "no such database")
    var script = MachineScript()
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(Backend.errorResponse(error), .fail(.server(error)))
    try script.receive(Backend.readyForQuery(), .fail(.unexpectedMessage))
  }

  @Test(
    arguments: [
      Backend.authenticationOk(), Backend.commandComplete("x"), Backend.copyBothResponse(),
      Backend.rowDescription([]), Backend.copyData([]), Backend.copyDone(),
    ])
  func `takes no answers before it is ready`(message: [UInt8]) throws {
    var script = MachineScript()
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(message, .fail(.unexpectedMessage))
  }

  // MARK: - Queries

  @Test func `collects a result`() throws {
    var script = try MachineScript.querying("IDENTIFY_SYSTEM")
    for message in rows(["a", "b"], [["1", nil], ["", "2"]], "SELECT 2") {
      try script.receive(message)
    }
    let action = try withMessage(Backend.readyForQuery()) { script.machine.receive($0) }
    guard case .queryFinished(let results) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(results.count == 1)
    #expect(results[0].columns.map(\.name) == ["a", "b"])
    #expect(results[0].rows == [["1", nil], ["", "2"]])
    #expect(results[0].commandTag == "SELECT 2")
    #expect(results[0].first("b") == nil)
    #expect(results[0].first("a") == "1")
    #expect(results[0].first("c") == nil)
  }

  @Test func `collects a result for each statement`() throws {
    var script = try MachineScript.querying("SELECT 1; CREATE TABLE t (); ; SELECT 2")
    let messages =
      rows(["a"], [["1"]], "SELECT 1") + [Backend.commandComplete("CREATE TABLE")]
      + [Backend.emptyQueryResponse()] + rows(["b"], [], "SELECT 0")
    for message in messages { try script.receive(message) }
    let action = try withMessage(Backend.readyForQuery()) { script.machine.receive($0) }
    guard case .queryFinished(let results) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(results.map(\.commandTag) == ["SELECT 1", "CREATE TABLE", "", "SELECT 0"])
    #expect(results.map(\.rows.count) == [1, 0, 0, 0])
    #expect(results.map(\.columns.count) == [1, 0, 0, 1])
  }

  @Test func `fails with the server's error and continues`() throws {
    var script = try MachineScript.querying()
    try script.receive(Backend.rowDescription(["a"]), Backend.dataRow(["1"]))
    try script.receive(Backend.errorResponse(failure))
    try script.receive(Backend.readyForQuery(.failed), .queryFailed(.server(failure)))

    #expect(script.machine.query("SELECT 2") == .send(.query("SELECT 2")))
    for message in rows(["a"], [["2"]], "SELECT 1") { try script.receive(message) }
    let action = try withMessage(Backend.readyForQuery()) { script.machine.receive($0) }
    guard case .queryFinished(let results) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(results.map(\.rows) == [[["2"]]])
  }

  @Test func `hears notices, settings and notifications at any moment`() throws {
    var script = try MachineScript.querying()
    for message in rows(["a"], [["1"]], "SELECT 1") + [Backend.errorResponse(failure)] {
      try script.receive(Backend.noticeResponse(notice), .notice(notice))
      try script.receive(Backend.parameterStatus("TimeZone", "IST"))
      try script.receive(Backend.notificationResponse(processID: 1, channel: "c"))
      try script.receive(message)
    }
    try script.receive(Backend.readyForQuery(), .queryFailed(.server(failure)))
    try script.receive(Backend.noticeResponse(notice), .notice(notice))
    #expect(script.machine.parameters["TimeZone"] == "IST")
    try script.receive(Backend.parameterStatus("TimeZone", "UTC"))
    #expect(script.machine.parameters["TimeZone"] == "UTC")
  }

  @Test func `keeps the reason when the server hangs up after FATAL`() throws {
    var script = try MachineScript.querying()
    try script.receive(Backend.errorResponse(fatal))
    #expect(script.machine.connectionEnded() == .server(fatal))
    #expect(script.machine.query("SELECT 1") == .fail(.closed))
  }

  @Test func `says that the server hung up without a word`() throws {
    var script = try MachineScript.querying()
    #expect(script.machine.connectionEnded() == .transport(.closedByServer))
    script = MachineScript()
    #expect(script.machine.connectionEnded() == .transport(.closedByServer))
  }

  @Test func `takes an error between queries as the end`() throws {
    var script = try MachineScript.idle()
    try script.receive(Backend.errorResponse(fatal), .fail(.server(fatal)))
    #expect(script.machine.query("SELECT 1") == .fail(.closed))
  }

  @Test(
    arguments: [
      Backend.readyForQuery(), Backend.commandComplete("x"), Backend.dataRow([]),
      Backend.copyBothResponse(), Backend.authenticationOk(),
    ])
  func `takes no answers that it did not ask for`(message: [UInt8]) throws {
    var script = try MachineScript.idle()
    try script.receive(message, .fail(.unexpectedMessage))
  }

  @Test(arguments: [Backend.authenticationOk(), Backend.backendKeyData(processID: 1)])
  func `takes no messages of startup later`(message: [UInt8]) throws {
    var script = try MachineScript.querying()
    try script.receive(message, .fail(.unexpectedMessage))
  }

  // MARK: - COPY

  @Test func `gives COPY FROM up and continues`() throws {
    var script = try MachineScript.querying("COPY t FROM STDIN")
    try script.receive(
      Backend.copyInResponse(columns: 1),
      .send(.copyFail(reason: "not supported by this client")))
    try script.receive(Backend.errorResponse(.made(.queryCanceled, "COPY failed")))
    try script.receive(Backend.readyForQuery(), .queryFailed(.unsupported("COPY FROM STDIN")))
    #expect(script.machine.query("SELECT 1") == .send(.query("SELECT 1")))
  }

  @Test func `refuses COPY TO and continues`() throws {
    var script = try MachineScript.querying("COPY t TO STDOUT")
    try script.receive(
      Backend.copyOutResponse(columns: 1), Backend.copyData([1]), Backend.copyData([2]),
      Backend.copyDone(), Backend.commandComplete("COPY 2"))
    try script.receive(Backend.readyForQuery(), .queryFailed(.unsupported("COPY TO STDOUT")))
    #expect(script.machine.query("SELECT 1") == .send(.query("SELECT 1")))
  }

  @Test func `opens CopyBoth, then hands over`() throws {
    var script = try MachineScript.querying("START_REPLICATION …")
    try script.receive(Backend.copyBothResponse(), .copyBothOpened)
    try script.receive(Backend.copyData([1]), .fail(.unexpectedMessage))
  }

  @Test func `refuses queries in between, without harm`() throws {
    var script = try MachineScript.querying("START_REPLICATION …")
    #expect(script.machine.query("SELECT 1") == .queryFailed(.busy))
    try script.receive(Backend.copyBothResponse(), .copyBothOpened)
    #expect(script.machine.query("SELECT 1") == .queryFailed(.busy))
    script.machine.copyBothFinished()
    #expect(script.machine.query("SELECT 1") == .send(.query("SELECT 1")))
  }

  @Test func `takes queries again after CopyBoth`() throws {
    var script = try MachineScript.querying("START_REPLICATION …")
    try script.receive(Backend.copyBothResponse(), .copyBothOpened)
    script.machine.copyBothFinished()
    #expect(script.machine.query("SELECT 1") == .send(.query("SELECT 1")))
  }

  @Test func `fails to open CopyBoth with the server's error`() throws {
    let active = ServerError.made(.objectInUse, "replication slot \"s\" is active for PID 9")
    var script = try MachineScript.querying("START_REPLICATION …")
    try script.receive(Backend.errorResponse(active))
    try script.receive(Backend.readyForQuery(), .queryFailed(.server(active)))
  }
}
