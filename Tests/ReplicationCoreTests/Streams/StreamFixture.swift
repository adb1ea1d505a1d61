import CDCTime
import Logging
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

typealias Backend = BackendEncoder
typealias PgOutput = PgOutputEncoder

func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

/// Opens a stream from a server that continues with this script once it is open.
///
/// - Parameter timeout: How long the server waits for the client, which on a busy machine may wait
///   for tests that compute.
func openStream(
  at place: ScriptedServer.Place = .unixSocket, walSenderTimeout: String = "1min",
  timeout: Duration = .seconds(300), tuning: StreamTuning = .events, _ script: [ScriptStep],
  _ change: (inout ReplicationParams) -> Void = { _ in }
) async throws -> (Duplex, ScriptedServer) {
  let server = try ScriptedServer(
    [.stream(walSenderTimeout: walSenderTimeout)] + script, at: place, timeout: timeout)
  var params = try server.replicationParams()
  params.logger = quietLogger
  change(&params)
  return (try await Client(params).startReplication(tuning: tuning), server)
}

/// The messages of one transaction as a server sends them: Begin, Relation, a row each, Commit.
///
/// The headers hold what servers put there: positions of the changes, zero for Relation, the end
/// for Commit.
func transaction(xid: UInt32, from start: UInt64, commit: UInt64, rows: [String]) -> [UInt8] {
  var bytes = Backend.xLogData(
    lsn(start), PgOutput.begin(finalLSN: commit, time: 1, xid: xid))
  bytes += Backend.xLogData(.zero, PgOutput.relation(16_384, "t", [.key("name", 25)]))
  for (index, row) in rows.enumerated() {
    bytes += Backend.xLogData(
      lsn(start + UInt64(index)), PgOutput.insert(16_384, new: [.text(Array(row.utf8))]))
  }
  bytes += Backend.xLogData(
    lsn(commit + 8), PgOutput.commit(commitLSN: commit, endLSN: commit + 8, time: 1))
  return bytes
}

extension ReplicationEvent {
  /// What matters of it, in words that tests can compare and that hold no memory.
  var words: String {
    switch self {
    case .begin(let begin): "begin \(begin.xid) \(begin.finalLSN)"
    case .commit(let commit): "commit \(commit.commitLSN) \(commit.endLSN)"
    case .xLogData(let data):
      "\(Character(Unicode.Scalar(data.payload.first ?? 0))) \(data.start) \(data.payload.count)"
    case .message(let message):
      "message \(message.prefix) \(String(decoding: message.content, as: UTF8.self))"
    case .keepAlive(let keepAlive):
      "keepalive \(keepAlive.walEnd)\(keepAlive.replyRequested ? " reply" : "")"
    case .stoppedAt(let lsn): "stopped \(lsn)"
    @unknown default: "?"
    }
  }
}

extension Duplex {
  /// The next events in words, at most so many.
  func words(_ count: Int = .max) async throws -> [String] {
    var words: [String] = []
    while words.count < count, let event = try await recv() { words.append(event.words) }
    return words
  }
}

/// Says nothing to anybody.
let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension [ClientMessage] {
  /// The progress reports among them.
  var statusUpdates: [StandbyStatusUpdate] {
    compactMap { message in
      if case .statusUpdate(let update) = message { update } else { nil }
    }
  }
}
