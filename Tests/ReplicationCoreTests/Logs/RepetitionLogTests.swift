import Logging
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// Nothing that a server or a consumer repeats fills the log.
@Suite struct RepetitionLogTests {
  @Test func `a message is logged once for each condition`() {
    let counted = CountedLog()
    let log = RepetitionLog(counted.logger)
    for number in 1...1000 {
      log.log(.error, "failed", condition: "a", metadata: ["number": "\(number)"])
      log.log(.error, "failed", condition: "b", metadata: [:])
      log.log(.info, "connected", burst: 5, metadata: [:])
    }
    #expect(counted.count(of: "failed") == 2)
    #expect(counted.count(of: "connected") == 5)
    #expect(counted.lines.first?.level == .error)
    #expect(counted.lines.first?.metadata == ["number": "1"])
  }

  @Test func `what is below the logger's level is not counted`() {
    let counted = CountedLog()
    var logger = counted.logger
    logger.logLevel = .warning
    RepetitionLog(logger).log(.info, "connected", metadata: [:])
    #expect(counted.lines.isEmpty)
  }

  @Test func `notices hide no message of the library, however many there are`() {
    let counted = CountedLog()
    let log = RepetitionLog(counted.logger)
    for number in 1...1000 {
      log.notice(.made(severity: "WARNING", .internalError, "table \(number)"), slot: "s")
    }
    log.log(.error, "failed", metadata: [:])
    #expect(counted.count(of: "failed") == 1)
    #expect(counted.count(of: "server notice") < 100)
  }

  @Test func `a notice is logged at its level, and once`() {
    let counted = CountedLog()
    let log = RepetitionLog(counted.logger)
    for _ in 1...10 {
      log.notice(.made(severity: "WARNING", .internalError, "a slot is missing"), slot: "s")
      log.notice(.made(severity: "NOTICE", .internalError, "another"), slot: "s")
    }
    #expect(counted.lines.map(\.level) == [.warning, .info])
    #expect(counted.lines.allSatisfy { $0.message == "server notice" })
  }

  /// Each transaction is dropped as soon as it was delivered.
  @Test func `a consumer that never acknowledges logs one error`() {
    let counted = CountedLog()
    let all = Acknowledgements(nil, idlePace: .seconds(1), counted.logger) {}
    all.begin(at: Checkpoint(position: lsn(10), systemID: "1", timeline: 1, slot: "s"))
    for number in 1...1000 as ClosedRange<UInt64> {
      all.open(number)
      all.end(number, at: lsn(100 * number))
      all.dropped(number)
    }
    #expect(all.numbers.abandoned == 1000)
    #expect(counted.count(of: "a transaction was dropped without being acknowledged") == 1)
    #expect(counted.lines.first?.metadata["abandoned"] == "1")
  }

  @Test func `a stream that breaks again and again is logged once for each reason`() throws {
    let counted = CountedLog()
    var params = ReplicationParams(
      connection: try ConnectionOptions("host=/nonexistent user=u"), slot: "s", publications: ["p"])
    params.logger = counted.logger
    let subscription = try Subscription(params)
    var keeper = StreamKeeper(subscription.context)
    for _ in 1...1000 {
      keeper.lose(.endedByServer)
      keeper.lose(.stalled(.seconds(60)))
    }
    #expect(counted.count(of: "the stream was lost") == 2)
  }

  /// The streams of one client, one after the other.
  @Test func `a server that fails every stream is logged once, whatever it says besides`()
    async throws
  {
    let notice = BackendEncoder.noticeResponse(
      .made(severity: "WARNING", .internalError, "a slot is missing"))
    let session: [ScriptStep] = [
      .stream(), .send(notice, notice, notice),
      .send(BackendEncoder.errorResponse(.internalError, "it failed")), .close(),
    ]
    let server = try ScriptedServer(
      sessions: Array(repeating: session, count: 20), timeout: .seconds(300))
    let counted = CountedLog()
    var params = try server.replicationParams()
    params.logger = counted.logger
    let client = try Client(params)
    for _ in 1...20 {
      let duplex = try await client.startReplication()
      await #expect(throws: ReplicationError.self) { while try await duplex.recv() != nil {} }
      await duplex.close()
    }
    server.stop()
    #expect(counted.count(of: "stream failed") == 1)
    #expect(counted.count(of: "server notice") == 1)
    #expect(counted.count(of: "connected") == RepetitionLog.burst)
    #expect(counted.count(of: "stream started") == RepetitionLog.burst)
  }
}
