import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// The ways in which CopyBoth ends, as servers really end it.
@Suite struct CopyBothMachineTests {
  private let failure = ServerError.made(.undefinedObject, "publication \"p\" does not exist")
  private let fatal = ServerError.made(
    severity: "FATAL", .adminShutdown, "terminating connection due to administrator command")

  private func expect(
    _ machine: inout CopyBothMachine, _ frame: [UInt8], _ expected: CopyBothMachine.Action,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let action = try withMessage(frame) { machine.receive($0) }
    #expect(action == expected, sourceLocation: sourceLocation)
  }

  @Test func `delivers data, notices and settings`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.copyData([1]), .deliver)
    try expect(&machine, Backend.noticeResponse(failure), .notice(failure))
    try expect(
      &machine, Backend.parameterStatus("TimeZone", "IST"),
      .parameterChanged(name: "TimeZone", value: "IST"))
    try expect(&machine, Backend.notificationResponse(processID: 1, channel: "c"), .wait)
    try expect(&machine, Backend.copyData([]), .deliver)
  }

  @Test func `ends when we are done, after data that was still on the way`() throws {
    var machine = CopyBothMachine()
    #expect(machine.finish() == true)
    #expect(machine.finish() == false)
    try expect(&machine, Backend.copyData([1]), .discard)
    try expect(&machine, Backend.copyDone(), .wait)
    try expect(&machine, Backend.copyData([2]), .discard)
    try expect(&machine, Backend.commandComplete("COPY 0"), .wait)
    try expect(&machine, Backend.commandComplete("START_REPLICATION"), .wait)
    try expect(&machine, Backend.readyForQuery(), .ended(.finished))
    try expect(&machine, Backend.copyData([3]), .wait)
    #expect(machine.finish() == false)
  }

  @Test func `ends when the server is done first`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.copyData([1]), .deliver)
    try expect(&machine, Backend.copyDone(), .sendCopyDone)
    #expect(machine.finish() == false)
    try expect(&machine, Backend.commandComplete("COPY 0"), .wait)
    try expect(&machine, Backend.readyForQuery(), .ended(.finished))
  }

  @Test func `ends with an error, and ReadyForQuery at once`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.errorResponse(failure), .wait)
    #expect(machine.finish() == false)
    try expect(&machine, Backend.copyData([1]), .discard)
    try expect(&machine, Backend.readyForQuery(), .ended(.failed(failure)))
  }

  @Test func `ends with an error that answers our CopyDone`() throws {
    var machine = CopyBothMachine()
    #expect(machine.finish() == true)
    try expect(&machine, Backend.errorResponse(failure), .wait)
    try expect(&machine, Backend.readyForQuery(), .ended(.failed(failure)))
  }

  @Test(arguments: ["FATAL", "PANIC"])
  func `ends at once with an error that ends the session`(severity: String) throws {
    var machine = CopyBothMachine()
    let error = ServerError.made(severity: severity, .adminShutdown, "x")
    try expect(&machine, Backend.errorResponse(error), .ended(.failed(error)))
    #expect(machine.connectionEnded() == .failed(error))
  }

  @Test func `knows FATAL in any language`() throws {
    var machine = CopyBothMachine()
    let error = ServerError([.localizedSeverity: "ФАТАЛ", .severity: "FATAL", .sqlState: "57P01"])
    try expect(&machine, Backend.errorResponse(error), .ended(.failed(error)))
  }

  @Test func `takes CommandComplete and the end for a shutdown`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.copyData([1]), .deliver)
    try expect(&machine, Backend.commandComplete("COPY 0"), .wait)
    try expect(&machine, Backend.copyData([2]), .discard)
    #expect(machine.connectionEnded() == .serverShutdown)
  }

  @Test func `takes a bare end for a lost connection`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.copyData([1]), .deliver)
    #expect(machine.connectionEnded() == .connectionLost)
    machine = CopyBothMachine()
    #expect(machine.finish() == true)
    #expect(machine.connectionEnded() == .connectionLost)
  }

  @Test func `keeps the error when the server hangs up without ReadyForQuery`() throws {
    var machine = CopyBothMachine()
    try expect(&machine, Backend.errorResponse(failure), .wait)
    #expect(machine.connectionEnded() == .failed(failure))
  }

  @Test(
    arguments: [
      Backend.authenticationOk(), Backend.backendKeyData(processID: 1), Backend.rowDescription([]),
      Backend.dataRow([]), Backend.copyBothResponse(), Backend.copyInResponse(),
      Backend.copyOutResponse(), Backend.emptyQueryResponse(),
      Backend.negotiateProtocolVersion(version: 0),
    ])
  func `refuses what has no place in it`(message: [UInt8]) throws {
    var machine = CopyBothMachine()
    try expect(
      &machine, message, .fail(.invalidValue(field: "message inside CopyBoth", value: 0)))
  }
}
