import ChangeSinks
import PGWire
import ReplicationTestKit
import Synchronization

@testable import PostgresSink

/// A target that follows a script: libpq connects to it, and it may answer anything.
struct ScriptedTarget {
  let server: ScriptedServer

  /// - Parameter sessions: What to do in each connection, once the client was let in.
  init(_ sessions: [ScriptStep]...) throws {
    server = try ScriptedServer(sessions: sessions.map { [.handshake()] + $0 })
  }

  /// How to connect to it, and to others before it.
  ///
  /// - Parameter ports: Those of the others.
  func settings(after ports: [UInt16] = []) -> TargetSettings {
    let all = ports + [server.port]
    let hosts = all.map { _ in "127.0.0.1" }.joined(separator: ",")
    let list = all.map { "\($0)" }.joined(separator: ",")
    return TargetSettings(
      connection: "host=\(hosts) port=\(list) user=u dbname=d sslmode=disable gssencmode=disable",
      password: nil, timeout: .seconds(5), statementTimeout: .seconds(10),
      applicationName: "test")
  }

  /// Does something over a connection to it.
  ///
  /// - Returns: Why that has failed.
  func failure(
    _ body: @escaping @Sendable (TargetConnection) throws(SinkError) -> Void
  ) async throws -> SinkError? {
    let settings = settings()
    return try await onThread { () throws(SinkError) -> SinkError? in
      let connection = try TargetConnection.open(settings)
      do throws(SinkError) {
        try body(connection)
        return nil
      } catch {
        return error
      }
    }
  }
}

/// What a call has returned or thrown.
private final class Outcome<R: Sendable>: Sendable {
  let result = Mutex<Result<R, SinkError>?>(nil)
}

/// Runs calls that block on a thread of their own; one that does not end fails the test.
func onThread<R: Sendable>(
  _ body: @escaping @Sendable () throws(SinkError) -> R
) async throws -> R {
  let outcome = Outcome<R>()
  Task {
    do throws(SinkError) {
      let value = try await BlockingThread.run(body)
      outcome.result.withLock { $0 = .success(value) }
    } catch {
      outcome.result.withLock { $0 = .failure(error) }
    }
  }
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if let result = outcome.result.withLock({ $0 }) { return try result.get() }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw TookTooLong(what: "a call")
}

extension ScriptStep {
  /// Waits for a statement of the extended protocol, and sends this.
  static func answer(_ messages: [UInt8]...) -> ScriptStep {
    let bytes = messages.flatMap { $0 }
    return ScriptStep("answer a statement") { peer in
      var isComplete = false
      while !isComplete {
        // Parse, Bind, Describe and Execute come before it.
        if case .other(UInt8(ascii: "S"), _) = try peer.next() { isComplete = true }
      }
      try peer.send(bytes)
    }
  }

  /// Answers a statement with one row of one value.
  static func answerRow(_ value: String) -> ScriptStep {
    .answer(
      bound, BackendEncoder.queryResult(["value"], rows: [[value]]),
      BackendEncoder.readyForQuery())
  }

  /// Refuses a statement.
  ///
  /// - Parameters:
  ///   - routine: The function of the server's source.
  ///   - file: The file that has it.
  ///   - innerQuery: The statement of a function that could not be parsed.
  static func refuse(
    _ code: String, _ message: String, routine: String, file: String = "elog.c",
    innerQuery: String? = nil
  ) -> ScriptStep {
    var fields = [
      ("S", "ERROR"), ("V", "ERROR"), ("C", code), ("M", message), ("F", file), ("R", routine),
    ]
    if let innerQuery { fields.append(("q", innerQuery)) }
    var body: [UInt8] = []
    for (field, text) in fields { body += Array(field.utf8) + Array(text.utf8) + [0] }
    return .answer(
      BackendEncoder.message(tag: UInt8(ascii: "E"), body: body + [0]),
      BackendEncoder.readyForQuery())
  }

  /// ParseComplete and BindComplete.
  static var bound: [UInt8] {
    BackendEncoder.message(tag: UInt8(ascii: "1")) + BackendEncoder.message(tag: UInt8(ascii: "2"))
  }
}
