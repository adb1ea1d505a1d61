import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// What is behind an end, and positions that can't be: neither delivered nor acknowledged.
@Suite struct StreamLimitTests {
  private static let rows = transaction(xid: 7, from: 0x10, commit: 0x100, rows: ["a"])
  private static let more = transaction(xid: 8, from: 0x110, commit: 0x200, rows: ["b"])
  private let failure = ServerError.made(.internalError, "something is wrong")
    .during(.startReplication)

  private func expectEnd(
    _ error: ReplicationError, _ bytes: [[UInt8]], words: Int = 4,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let (duplex, server) = try await openStream([.send(bytes.flatMap(\.self)), .awaitEnd()]) {
      $0.advancesWhenIdle = true
      $0.statusInterval = .milliseconds(5)
    }
    #expect(try await duplex.words(words).count == words, sourceLocation: sourceLocation)
    await #expect(throws: error, sourceLocation: sourceLocation) {
      try await promptly("the error") { while try await duplex.recv() != nil {} }
    }
    await promptly("closing") { await duplex.close() }
    let furthest = server.received.statusUpdates.map(\.flush).max() ?? .zero
    #expect(furthest < lsn(0x200), sourceLocation: sourceLocation)
  }

  @Test func `data behind an error is dropped`() async throws {
    try await expectEnd(
      .connection(.server(failure)), [Self.rows, Backend.errorResponse(failure), Self.more])
  }

  @Test func `data behind the end is an error`() async throws {
    try await expectEnd(
      .connection(.unexpectedMessage),
      [Self.rows, Backend.commandComplete("COPY 0"), Self.more])
  }

  @Test func `an end that nobody asked for is an error`() async throws {
    try await expectEnd(.endedByServer, [Self.rows, Backend.copyBothEnd()])
    // The last message, a commit, has 26 bytes behind a header of 25 and one of 5.
    let open = Array(Self.rows.dropLast(56))
    try await expectEnd(.endedByServer, [open, Backend.copyBothEnd()], words: 3)
    try await expectEnd(.endedByServer, [Self.rows, Backend.readyForQuery()])
  }

  @Test func `a keepalive from beyond any log is not acknowledged`() async throws {
    let keepAlive = Backend.keepAlive(walEnd: lsn(.max), replyRequested: true)
    try await expectEnd(
      .impossiblePosition(lsn(.max), after: lsn(0x108)), [Self.rows, keepAlive])
    try await expectEnd(.impossiblePosition(lsn(.max), after: .zero), [keepAlive], words: 0)
    let far = lsn(0x108 + PositionLimit.longestStep + 1)
    try await expectEnd(
      .impossiblePosition(far, after: lsn(0x108)), [Self.rows, Backend.keepAlive(walEnd: far)])
  }

  @Test func `data from beyond any log is not delivered`() async throws {
    try await expectEnd(
      .impossiblePosition(lsn(.max - 1), after: .zero),
      [Backend.xLogData(lsn(.max - 1), Array("x".utf8))], words: 0)
  }

  /// In a language that nobody reads: the code and the function's name tell.
  private static let skipped = ServerError([
    .localizedSeverity: "ADVERTENCIA", .severity: "WARNING", .sqlState: "55000",
    .message: "se omitió la publicación «p»", .routine: "LoadPublications",
  ])

  @Test func `a publication that the server skips is an error`() async throws {
    try await expectEnd(
      .publicationSkipped(Self.skipped),
      [Self.rows, Backend.noticeResponse(Self.skipped), Self.more])
    #expect(ReplicationError.publicationSkipped(Self.skipped).category == .needsOperator)
  }

  @Test func `a publication may be skipped if that is accepted`() async throws {
    let (duplex, _) = try await openStream([
      .send(Self.rows, Backend.noticeResponse(Self.skipped), Self.more), .awaitEnd(),
    ]) { $0.skipsMissingPublications = true }
    #expect(try await duplex.words(8).count == 8)
  }

  @Test func `another warning of that code is none`() async throws {
    let other = ServerError([
      .severity: "WARNING", .sqlState: "55000", .message: "x", .routine: "StandbySlotsHaveCaughtup",
    ])
    let (duplex, _) = try await openStream([
      .send(Self.rows, Backend.noticeResponse(other), Self.more), .awaitEnd(),
    ])
    #expect(try await duplex.words(8).count == 8)
  }
}

/// A position to start from has to lie within the server's log.
@Suite struct StartPositionTests {
  private func error(
    from start: LSN, flushed: String, written: String, isStandby: Bool = false
  ) async throws -> ReplicationError? {
    let answers: [ScriptStep] = [
      .expectQuery(
        "IDENTIFY_SYSTEM",
        answers: Backend.queryResult(
          ["systemid", "timeline", "xlogpos"], rows: [["7", "1", flushed]]),
        Backend.readyForQuery()),
      .expectQuery(
        .containing("pg_current_wal_insert_lsn"),
        answers: Backend.queryResult(
          ["written", "in_recovery"], rows: [[written, isStandby ? "1" : "0"]]),
        Backend.readyForQuery()),
    ]
    let server = try ScriptedServer(
      [
        .handshake(), .answerSettings(),
        .expectQuery(
          .containing("pg_publication"), answers: Backend.queryResult(["a"], rows: [["1"]]),
          Backend.readyForQuery()),
      ] + answers + [.startReplication(), .endStream()])
    var params = try server.replicationParams()
    params.logger = quietLogger
    do {
      let duplex = try await Client(params).startReplication(from: start)
      await duplex.close()
      return nil
    } catch {
      return error
    }
  }

  @Test func `beyond the log it is refused`() async throws {
    let found = try await error(from: lsn(0x301), flushed: "0/200", written: "0/300")
    #expect(
      found
        == .startBeyondLog(
          StartBeyondLog(start: lsn(0x301), logEnd: lsn(0x300), isStandby: false)))
    #expect(found?.category == .fatal)
    #expect(found?.description.contains("0/301") == true)
    #expect(found?.description.contains("0/300") == true)
  }

  @Test func `what is written counts, flushed or not`() async throws {
    #expect(try await error(from: lsn(0x300), flushed: "0/200", written: "0/300") == nil)
  }

  @Test func `a standby may get there yet`() async throws {
    let found = try await error(
      from: lsn(0x301), flushed: "0/300", written: "0/200", isStandby: true)
    #expect(found?.category == .transient)
  }
}
