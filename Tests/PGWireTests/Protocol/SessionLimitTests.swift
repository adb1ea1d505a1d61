import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// What a server may make a session hold and compute.
@Suite struct SessionLimitTests {
  private func machine(_ change: (inout ConnectionLimits) -> Void) -> SessionMachine {
    var limits = ConnectionLimits()
    change(&limits)
    var machine = SessionMachine(
      startup: [], credentials: Credentials(user: "u", password: Password("pw"), nonce: "nonce"),
      limits: limits)
    _ = machine.start()
    return machine
  }

  private func idle(_ change: (inout ConnectionLimits) -> Void) throws -> SessionMachine {
    var machine = machine(change)
    try receive(Backend.authenticationOk(), &machine)
    #expect(try receive(Backend.readyForQuery(), &machine) == .ready)
    return machine
  }

  @discardableResult
  private func receive(
    _ frame: [UInt8], _ machine: inout SessionMachine
  ) throws -> SessionMachine.Action {
    try withMessage(frame) { machine.receive($0) }
  }

  @Test func `more settings than the limit end the session, whenever they come`() throws {
    var machine = machine { $0.parameterCount = 3 }
    for name in ["a", "b", "c", "a"] {
      #expect(try receive(Backend.parameterStatus(name, "1"), &machine) == .wait)
    }
    let error = PGWireError.limitExceeded(.parameterCount, limit: 3)
    #expect(try receive(Backend.parameterStatus("d", "1"), &machine) == .fail(error))
    #expect("\(error)".contains("parameterCount"))
    #expect(try receive(Backend.authenticationOk(), &machine) == .fail(.unexpectedMessage))

    machine = try idle { $0.parameterCount = 1 }
    #expect(try receive(Backend.parameterStatus("a", "1"), &machine) == .wait)
    #expect(
      try receive(Backend.parameterStatus("b", "1"), &machine)
        == .fail(.limitExceeded(.parameterCount, limit: 1)))
  }

  @Test func `counts the bytes of the settings that there are, not of all that ever were`() throws {
    var machine = machine { $0.parameterBytes = 20 }
    let (short, long) = (String(repeating: "x", count: 5), String(repeating: "x", count: 16))
    for _ in 1...100 {
      #expect(try receive(Backend.parameterStatus("name", short), &machine) == .wait)
    }
    #expect(try receive(Backend.parameterStatus("name", long), &machine) == .wait)
    #expect(
      try receive(Backend.parameterStatus("n", ""), &machine)
        == .fail(.limitExceeded(.parameterBytes, limit: 20)))
  }

  @Test(arguments: [false, true])
  func `notices must come to an end before the session is ready`(isAuthenticated: Bool) throws {
    let notice = ServerError([.message: String(repeating: "x", count: 100)])
    for (limit, value) in [
      (ExceededLimit.startupNoticeCount, 5), (.startupNoticeBytes, 500),
    ] {
      var machine = machine {
        if limit == .startupNoticeCount { $0.startupNoticeCount = value }
        if limit == .startupNoticeBytes { $0.startupNoticeBytes = value }
      }
      if isAuthenticated { try receive(Backend.authenticationOk(), &machine) }
      for _ in 1...4 {
        #expect(try receive(Backend.noticeResponse(notice), &machine) == .notice(notice))
      }
      let payload = String(repeating: "x", count: 99)
      let note = Backend.notificationResponse(processID: 1, channel: "c", payload: payload)
      #expect(try receive(note, &machine) == .wait)
      #expect(
        try receive(Backend.noticeResponse(notice), &machine)
          == .fail(.limitExceeded(limit, limit: value)))
    }
  }

  @Test func `notices are not counted once the session is ready`() throws {
    var machine = try idle { $0.startupNoticeCount = 2 }
    let notice = ServerError([.message: "n"])
    for _ in 1...100 {
      #expect(try receive(Backend.noticeResponse(notice), &machine) == .notice(notice))
    }
  }

  @Test(
    arguments: [
      [Backend.rowDescription(["a"])] + Array(repeating: Backend.dataRow(["1"]), count: 300),
      [Backend.rowDescription(["a"]), Backend.dataRow([String(repeating: "x", count: 10_000)])],
      [Backend.rowDescription([String(repeating: "x", count: 10_000)])],
      Array(repeating: Backend.commandComplete("SELECT 0"), count: 200),
      Array(repeating: Backend.emptyQueryResponse(), count: 200),
      [Backend.rowDescription([])] + Array(repeating: Backend.dataRow([]), count: 300),
      [Backend.rowDescription(Array(repeating: "", count: 1000))]
        + Array(repeating: Backend.dataRow(Array(repeating: nil, count: 1000)), count: 1),
    ])
  func `a result must not be larger than the limit`(frames: [[UInt8]]) throws {
    var machine = try idle { $0.resultSize = 10_000 }
    _ = machine.query("SELECT 1")
    var actions: [SessionMachine.Action] = []
    for frame in frames { actions.append(try receive(frame, &machine)) }
    #expect(actions.contains(.fail(.limitExceeded(.resultSize, limit: 10_000))))
    #expect(machine.query("SELECT 1") == .fail(.closed))
  }

  @Test func `each query has the whole limit to itself`() throws {
    var machine = try idle { $0.resultSize = 10_000 }
    for _ in 1...5 {
      _ = machine.query("SELECT 1")
      try receive(Backend.rowDescription(["a"]), &machine)
      for _ in 1...100 { #expect(try receive(Backend.dataRow(["1"]), &machine) == .wait) }
      try receive(Backend.commandComplete("SELECT 100"), &machine)
      guard case .queryFinished = try receive(Backend.readyForQuery(), &machine) else {
        Issue.record("the query did not end")
        return
      }
    }
  }

  @Test func `the password is hashed in steps, which can be left at any of them`() throws {
    var machine = machine { _ in }
    try receive(Backend.authenticationSASL(), &machine)
    let challenge = "r=nonceserver,s=c2FsdA==,i=20000"
    #expect(try receive(Backend.authenticationSASLContinue(challenge), &machine) == .hash)
    // A server that lets us in, or asks for more, before the answer was given can not be trusted.
    var hasty = machine
    #expect(
      try receive(Backend.authenticationOk(), &hasty)
        == .fail(.authentication(.exchangeUnfinished)))
    #expect(hasty.hashOn() == .fail(.unexpectedMessage))
    var steps = 1
    var action = machine.hashOn()
    while action == .hash {
      action = machine.hashOn()
      steps += 1
    }
    #expect(steps == 5)
    guard case .send(.saslResponse) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(machine.hashOn() == .fail(.authentication(.unexpectedRequest)))
  }

  @Test func `a server that asks for more hashing than the limit is refused`() throws {
    for (limit, count) in [(4096, 4097), (10_000_000, 10_000_001)] as [(Int32, Int)] {
      var machine = machine { $0.scramIterations = limit }
      try receive(Backend.authenticationSASL(), &machine)
      let challenge = "r=nonceserver,s=c2FsdA==,i=\(count)"
      #expect(
        try receive(Backend.authenticationSASLContinue(challenge), &machine)
          == .fail(.authentication(.tooManyIterations(limit: limit))))
    }
  }
}
