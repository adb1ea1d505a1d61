import CDCTime
import Foundation
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

@Suite struct ScriptedServerTests {
  @Test func `a server that asks for an answer gets one`() async throws {
    let server = try ScriptedServer([
      .stream(),
      .send(BackendEncoder.keepAlive(walEnd: LSN(rawValue: 0x100), replyRequested: true)),
      .awaitStatusUpdate(write: LSN(rawValue: 0x100)),
      .endStream(),
    ])
    let duplex = try await Client(server.replicationParams()).startReplication()
    try await server.waitUntil { messages in
      messages.contains { if case .statusUpdate = $0 { true } else { false } }
    }
    await duplex.close()
    try await server.finish()
  }

  @Test func `a connection that breaks is an error`() async throws {
    let server = try ScriptedServer([.stream(), .reset()])
    let duplex = try await Client(server.replicationParams()).startReplication()
    await #expect(throws: ReplicationError.self) {
      while try await duplex.recv() != nil {}
    }
    await duplex.close()
    try await server.finish()
  }
}

@Suite struct RecordedStreamTests {
  @Test func `every insert of the recording is counted`() async throws {
    let server = try ReplayServer.start(Recording(recordedBytes()))
    defer { server.stop() }
    var params = try ReplicationParams(
      url: "postgresql://tester@127.0.0.1:\(server.port)/test?sslmode=disable",
      slot: "test_slot", publications: ["test_pub"])
    params.stopAt = server.lastLSN
    let duplex = try await Client(params).startReplication()
    var decoder = PgOutputDecoder()
    var inserts = 0
    for try await event in duplex {
      guard case .xLogData(let data) = event else { continue }
      try data.payload.withBytes { bytes throws(PgOutputError) in
        try decoder.decode(bytes, at: data.start) { message in
          if case .insert = message { inserts += 1 }
        }
      }
    }
    await duplex.close()
    #expect(inserts == recordedInserts)
  }
}

@Suite struct RecordedTransactionTests {
  @Test func `every insert of the recording is delivered`() async throws {
    let database = try TestDatabase(replaying: Recording(recordedBytes()))
    let subscription = try database.subscription { params in
      params.stopAt = database.currentLSN
    }
    var inserts = 0
    try await subscription.run { transaction in
      for try await change in transaction.changes {
        if case .insert = change { inserts += 1 }
      }
    }
    #expect(inserts == recordedInserts)
  }
}

@Suite struct EncodedMessageTests {
  @Test func `messages are decoded that were made by hand`() throws {
    let (commit, end) = (LSN(rawValue: 0x100), LSN(rawValue: 0x130))
    let time = PostgresTimestamp(microseconds: 0)
    let messages = [
      PgOutputEncoder.begin(finalLSN: commit, commitTime: time, xid: 731),
      PgOutputEncoder.relation(16_384, "orders", [.key("id", 20), .init("customer", 25)]),
      PgOutputEncoder.insert(16_384, new: ["1", nil]),
      PgOutputEncoder.commit(commitLSN: commit, endLSN: end, commitTime: time),
    ]
    var decoder = PgOutputDecoder()
    var inserts = 0
    for message in messages {
      try decoder.decode(message.span, at: commit) { message in
        if case .insert = message { inserts += 1 }
      }
    }
    #expect(inserts == 1)
  }
}

/// One of this package's own recordings.
private let recordings = URL(filePath: #filePath)
  .appending(path: "../../../../Fixtures/pgoutput/pg17-v1").standardized

private func recordedBytes() throws -> [UInt8] {
  Array(try Data(contentsOf: recordings.appending(path: "stream.rec")))
}

private let recordedInserts: Int = {
  let lines = try? String(
    contentsOf: recordings.appending(path: "expected.jsonl"), encoding: .utf8)
  return (lines ?? "").split(separator: "\n").count { $0.hasPrefix(#"{"kind":"insert""#) }
}()
